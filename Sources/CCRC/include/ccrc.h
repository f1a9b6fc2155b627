#ifndef MARTLET_CCRC_H
#define MARTLET_CCRC_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli), continued from `crc` (0 to begin). Chooses the fastest way the processor has.
uint32_t martlet_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same by table: the fallback, and the oracle in tests.
uint32_t martlet_crc32c_table(uint32_t crc, const void *bytes, size_t count);

/// Moves a CRC register state (not inverted) over `count` zero bytes.
uint32_t martlet_crc32c_shift(uint32_t crc, size_t count);

#endif
