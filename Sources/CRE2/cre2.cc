#include "cre2.h"

#include <re2/re2.h>

struct cre2_pattern {
    RE2 regex;

    cre2_pattern(re2::StringPiece text, const RE2::Options &options) : regex(text, options) {}
};

cre2_pattern *cre2_make(const char *text, size_t length, int64_t memory) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(memory);
    return new cre2_pattern(re2::StringPiece(text, length), options);
}

void cre2_free(cre2_pattern *pattern) { delete pattern; }

const char *cre2_error(const cre2_pattern *pattern) {
    return pattern->regex.ok() ? nullptr : pattern->regex.error().c_str();
}

int32_t cre2_size(const cre2_pattern *pattern) { return pattern->regex.ProgramSize(); }

int32_t cre2_matches(const cre2_pattern *pattern, const char *text, size_t length) {
    return RE2::FullMatch(re2::StringPiece(text, length), pattern->regex) ? 1 : 0;
}
