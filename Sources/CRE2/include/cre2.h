#ifndef MARTLET_CRE2_H
#define MARTLET_CRE2_H

#include <stddef.h>
#include <stdint.h>

/* RE2 for Swift, which cannot see C++: one compiled pattern, matched with whole texts. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_pattern cre2_pattern;

/* Compiles a pattern within `memory` bytes. Never null; see cre2_error. Ended by cre2_free. */
cre2_pattern *cre2_make(const char *text, size_t length, int64_t memory);
void cre2_free(cre2_pattern *pattern);

/* What is wrong with the pattern, ending with a zero; null if nothing is. */
const char *cre2_error(const cre2_pattern *pattern);

/* Instructions of the compiled pattern: with the length of a text the bound of the time of a match. */
int32_t cre2_size(const cre2_pattern *pattern);

/* 1 if the pattern matches the whole text, else 0. */
int32_t cre2_matches(const cre2_pattern *pattern, const char *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
