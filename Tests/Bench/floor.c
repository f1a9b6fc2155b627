// What this machine must pay for a gigabyte, whoever the broker is: the floor that `make bench` compares with.
//
//   floor produce DIRECTORY MEGABYTES   recv -> CRC-32C -> pwrite, in pieces of 256 KiB
//   floor fetch DIRECTORY MEGABYTES     sendfile of a hot file, in pieces of 256 KiB
//
// Over loopback, to or from a child process, with cubic at both ends. Prints one line of JSON: seconds of
// processor time of the parent for each 10^9 bytes, user and kernel, and megabytes per second. Whatever the
// kernel does for the file and the socket on behalf of the parent is in it, as it is in a broker's figure.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ccrc.h"

enum { PIECE = 256 << 10 };

static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static double seconds(struct timeval value) { return value.tv_sec + value.tv_usec / 1e6; }

static int tcp_socket(void) {
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) fail("socket");
    int one = 1;
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // Where cubic is missing the kernel's choice stays, for both sides.
    setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
    return made;
}

static int listen_on_loopback(struct sockaddr_in *address) {
    int listener = tcp_socket();
    *address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof *address;
    if (bind(listener, (struct sockaddr *)address, length) < 0) fail("bind");
    if (listen(listener, 1) < 0) fail("listen");
    if (getsockname(listener, (struct sockaddr *)address, &length) < 0) fail("getsockname");
    return listener;
}

static int open_file(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/floor.data", directory);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail(path);
    unlink(path);
    return file;
}

static void write_all(int descriptor, const char *bytes, size_t count, off_t offset) {
    while (count > 0) {
        ssize_t done = offset < 0 ? write(descriptor, bytes, count)
                                  : pwrite(descriptor, bytes, count, offset);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) fail("write");
        bytes += done;
        count -= (size_t)done;
        if (offset >= 0) offset += done;
    }
}

static size_t read_piece(int descriptor, char *bytes, size_t count) {
    size_t got = 0;
    while (got < count) {
        ssize_t done = read(descriptor, bytes + got, count - got);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) fail("read");
        if (done == 0) break;
        got += (size_t)done;
    }
    return got;
}

// The peer: sends or swallows `total` bytes, then ends.
static void be_peer(const struct sockaddr_in *address, int sends, int64_t total) {
    int socket = tcp_socket();
    if (connect(socket, (const struct sockaddr *)address, sizeof *address) < 0) fail("connect");
    char *piece = calloc(1, PIECE);
    for (int64_t done = 0; done < total;) {
        if (sends) {
            write_all(socket, piece, PIECE, -1);
            done += PIECE;
        } else {
            size_t got = read_piece(socket, piece, PIECE);
            if (got == 0) break;
            done += (int64_t)got;
        }
    }
    _exit(0);
}

static uint32_t receive(int socket, int file, int64_t total) {
    char *piece = malloc(PIECE);
    uint32_t sum = 0;
    for (int64_t at = 0; at < total; at += PIECE) {
        if (read_piece(socket, piece, PIECE) != PIECE) fail("the peer ended early");
        sum ^= martlet_crc32c(0, piece, PIECE);
        write_all(file, piece, PIECE, at);
    }
    return sum;
}

static void send_hot(int socket, int file, int64_t total) {
    for (off_t at = 0; at < total;) {
        ssize_t sent = sendfile(socket, file, &at, PIECE);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) fail("sendfile");
    }
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: floor produce|fetch DIRECTORY MEGABYTES\n");
        return 2;
    }
    int is_produce = strcmp(arguments[1], "produce") == 0;
    int64_t total = (int64_t)atoi(arguments[3]) * 1000000 / PIECE * PIECE;
    int file = open_file(arguments[2]);
    if (!is_produce) {
        char *piece = calloc(1, PIECE);
        for (int64_t at = 0; at < total; at += PIECE) write_all(file, piece, PIECE, at);
    }
    struct sockaddr_in address;
    int listener = listen_on_loopback(&address);
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) be_peer(&address, is_produce, total);
    int socket = accept(listener, NULL, NULL);
    if (socket < 0) fail("accept");

    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double began = seconds_now();
    uint32_t sum = 0;
    if (is_produce) {
        sum = receive(socket, file, total);
    } else {
        send_hot(socket, file, total);
    }
    double took = seconds_now() - began;
    getrusage(RUSAGE_SELF, &after);
    close(socket);
    int status = 0;
    waitpid(child, &status, 0);
    double gigabytes = total / 1e9;
    double user = seconds(after.ru_utime) - seconds(before.ru_utime);
    double kernel = seconds(after.ru_stime) - seconds(before.ru_stime);
    printf(
        "{\"what\": \"%s\", \"cpu\": %.4f, \"user\": %.4f, \"kernel\": %.4f, \"rate\": %.0f, "
        "\"sum\": %u}\n",
        arguments[1], (user + kernel) / gigabytes, user / gigabytes, kernel / gigabytes,
        total / 1e6 / took, sum);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
