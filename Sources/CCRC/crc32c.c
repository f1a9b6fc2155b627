// CRC-32C with run-time dispatch: three interleaved streams of the processor's crc32 instruction where it
// exists, slicing-by-8 tables elsewhere. The streams hide the instruction's latency of three cycles; their
// results are joined with a multiplication by x^(8n) in GF(2) (Gopal et al., "Fast CRC Computation for
// iSCSI Polynomial Using CRC32 Instruction", Intel, 2011).

#include "ccrc.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u  // reflected Castagnoli polynomial

// Bytes per stream in one interleaved step. Each step joins three streams with two shifts.
#define LONG_STREAM 4096
#define SHORT_STREAM 256

static uint32_t slices[8][256];
static uint32_t long_shift[4][256];
static uint32_t short_shift[4][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Linear operators on the register are 32x32 matrices of bits, given by what becomes of each single bit.

static uint32_t apply(const uint32_t operator_[32], uint32_t vector) {
    uint32_t sum = 0;
    for (int k = 0; vector; k++, vector >>= 1)
        if (vector & 1) sum ^= operator_[k];
    return sum;
}

// `second` after `first`, into `first`.
static void compose(uint32_t first[32], const uint32_t second[32]) {
    for (int n = 0; n < 32; n++) first[n] = apply(second, first[n]);
}

static void square(uint32_t operator_[32]) {
    uint32_t same[32];
    memcpy(same, operator_, sizeof same);
    compose(operator_, same);
}

// The operator "append `count` zero bytes", by square and multiply.
static void zero_bytes_operator(uint32_t result[32], size_t count) {
    uint32_t power[32];
    power[0] = POLYNOMIAL;  // one zero bit
    for (int n = 1; n < 32; n++) power[n] = 1u << (n - 1);
    for (int round = 0; round < 3; round++) square(power);  // two, four, eight: a byte
    for (int n = 0; n < 32; n++) result[n] = 1u << n;
    for (; count; count >>= 1) {
        if (count & 1) compose(result, power);
        square(power);
    }
}

static uint32_t shift_bytes(uint32_t crc, size_t count) {
    uint32_t operator_[32];
    zero_bytes_operator(operator_, count);
    return apply(operator_, crc);
}

static void build_shift(uint32_t table[4][256], size_t count) {
    uint32_t operator_[32];
    zero_bytes_operator(operator_, count);
    for (int byte = 0; byte < 4; byte++)
        for (uint32_t value = 0; value < 256; value++)
            table[byte][value] = apply(operator_, value << (8 * byte));
}

static void build_tables(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;
        for (int bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
        slices[0][n] = crc;
    }
    for (uint32_t n = 0; n < 256; n++)
        for (int k = 1; k < 8; k++)
            slices[k][n] = slices[0][slices[k - 1][n] & 0xff] ^ (slices[k - 1][n] >> 8);
    build_shift(long_shift, LONG_STREAM);
    build_shift(short_shift, SHORT_STREAM);
}

uint32_t martlet_crc32c_shift(uint32_t crc, size_t count) { return shift_bytes(crc, count); }

uint32_t martlet_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&once, build_tables);
    const unsigned char *next = bytes;
    uint64_t state = crc ^ 0xffffffffu;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        word ^= state;
        state = slices[7][word & 0xff] ^ slices[6][(word >> 8) & 0xff] ^ slices[5][(word >> 16) & 0xff] ^
                slices[4][(word >> 24) & 0xff] ^ slices[3][(word >> 32) & 0xff] ^
                slices[2][(word >> 40) & 0xff] ^ slices[1][(word >> 48) & 0xff] ^ slices[0][word >> 56];
        next += 8;
        count -= 8;
    }
    while (count--) state = slices[0][(state ^ *next++) & 0xff] ^ (state >> 8);
    return (uint32_t)state ^ 0xffffffffu;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HARDWARE __attribute__((target("sse4.2")))
#define CRC8(state, byte) _mm_crc32_u8((uint32_t)(state), byte)
#define CRC64(state, word) _mm_crc32_u64(state, word)
static int has_hardware(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>
#include <asm/hwcap.h>
#define HARDWARE __attribute__((target("+crc")))
#define CRC8(state, byte) __crc32cb((uint32_t)(state), byte)
#define CRC64(state, word) __crc32cd((uint32_t)(state), word)
static int has_hardware(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#endif

#ifdef HARDWARE

static inline uint32_t apply_shift(const uint32_t table[4][256], uint32_t crc) {
    return table[0][crc & 0xff] ^ table[1][(crc >> 8) & 0xff] ^ table[2][(crc >> 16) & 0xff] ^
           table[3][crc >> 24];
}

HARDWARE static inline uint64_t load(const unsigned char *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

HARDWARE static uint64_t three_streams(
    uint64_t state, const unsigned char **next, size_t *count, size_t stream, const uint32_t shift[4][256]) {
    while (*count >= stream * 3) {
        uint64_t second = 0, third = 0;
        const unsigned char *end = *next + stream;
        const unsigned char *at = *next;
        do {
            state = CRC64(state, load(at));
            second = CRC64(second, load(at + stream));
            third = CRC64(third, load(at + 2 * stream));
            at += 8;
        } while (at < end);
        state = apply_shift(shift, (uint32_t)state) ^ (uint32_t)second;
        state = apply_shift(shift, (uint32_t)state) ^ (uint32_t)third;
        *next += stream * 3;
        *count -= stream * 3;
    }
    return state;
}

HARDWARE static uint32_t crc32c_hardware(uint32_t crc, const unsigned char *next, size_t count) {
    pthread_once(&once, build_tables);
    uint64_t state = crc ^ 0xffffffffu;
    while (count && ((uintptr_t)next & 7)) {
        state = CRC8(state, *next++);
        count--;
    }
    state = three_streams(state, &next, &count, LONG_STREAM, long_shift);
    state = three_streams(state, &next, &count, SHORT_STREAM, short_shift);
    while (count >= 8) {
        state = CRC64(state, load(next));
        next += 8;
        count -= 8;
    }
    while (count--) state = CRC8(state, *next++);
    return (uint32_t)state ^ 0xffffffffu;
}

uint32_t martlet_crc32c(uint32_t crc, const void *bytes, size_t count) {
    static int hardware = -1;
    if (hardware < 0) hardware = has_hardware();
    return hardware ? crc32c_hardware(crc, bytes, count) : martlet_crc32c_table(crc, bytes, count);
}

#else

uint32_t martlet_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return martlet_crc32c_table(crc, bytes, count);
}

#endif
