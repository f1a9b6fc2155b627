// The system calls of Linux that Swift's Glibc module does not export, and the few hot ones where one
// convention pays: every function answers with a count or 0, or with the negative error number. Calls
// interrupted by a signal are repeated here.
//
// No `#define _GNU_SOURCE` in this header: it would change what Glibc's own module means.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

// Readiness, in epoll's bits.
enum {
    MARTLET_READABLE = 0x001,
    MARTLET_WRITABLE = 0x004,
    MARTLET_FAILED = 0x008,
    MARTLET_HUNG_UP = 0x010,
    MARTLET_PEER_ENDED = 0x2000,
};
#define MARTLET_EDGE_TRIGGERED 0x80000000u

struct martlet_event {
    uint64_t token;
    uint32_t events;
};

/// The most parts one gathered call takes (IOV_MAX).
enum { MARTLET_PARTS_MAX = 1024 };
/// Events that one wait can bring.
enum { MARTLET_EVENTS_MAX = 256 };

int martlet_epoll_create(void);
int martlet_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int martlet_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token);
int martlet_epoll_remove(int epoll, int descriptor);
/// Waits for up to `limit` events; a negative timeout waits for ever. An interruption counts as no events.
int martlet_epoll_wait(
    int epoll, struct martlet_event *events, int limit, int64_t timeout_nanoseconds);

int martlet_eventfd(void);
int martlet_eventfd_signal(int descriptor);
int martlet_eventfd_clear(int descriptor);

int64_t martlet_monotonic_nanoseconds(void);
int64_t martlet_wall_milliseconds(void);

int martlet_open(const char *path, int flags, int mode);
int64_t martlet_pread(int descriptor, void *buffer, size_t count, int64_t offset);
/// Reads only what is in memory: fewer bytes where the rest is not, -EAGAIN if nothing is, 0 at the end.
int64_t martlet_pread_cached(int descriptor, void *buffer, size_t count, int64_t offset);
int64_t martlet_pwritev(int descriptor, const struct iovec *parts, int count, int64_t offset);
int martlet_preallocate(int descriptor, int64_t offset, int64_t count);
int martlet_fdatasync(int descriptor);
int martlet_fsync(int descriptor);
int martlet_syncfs(int descriptor);
/// Has the kernel begin to write what it holds of a file. A hint: a failure shows when the file is synced.
void martlet_begin_writing_back(int descriptor);
/// 1 if the whole range is in memory, 0 if not.
int martlet_is_resident(int descriptor, int64_t offset, int64_t count);
/// 1 if the whole range is in the page cache, though perhaps still being read into it; 0 if not; -1 if the
/// kernel cannot tell (before 6.5).
int martlet_is_cached(int descriptor, int64_t offset, int64_t count);
/// Has the kernel read nothing ahead of what is asked for.
void martlet_read_only_what_is_asked(int descriptor);
/// Drops the range's whole pages from the page cache, but those that are still to be written.
void martlet_forget_pages(int descriptor, int64_t offset, int64_t count);
/// Locks a whole file for this open file description; -EAGAIN if somebody else holds it. Conflicts with the
/// locks that Java's FileChannel takes.
int martlet_lock_file(int descriptor);
int64_t martlet_free_bytes(const char *path);
int64_t martlet_total_bytes(const char *path);

int martlet_socket(int family);
int martlet_accept(int descriptor, struct sockaddr_storage *peer, socklen_t *length);
int64_t martlet_read_into(int descriptor, const struct iovec *parts, int count);
/// Sends what the socket takes now. `more` tells the kernel that further bytes follow at once.
int64_t martlet_send(int descriptor, const struct iovec *parts, int count, int more);
int64_t martlet_send_file(int socket, int file, int64_t offset, size_t count);
int martlet_set_option(int descriptor, int level, int option, int value);
/// While corked, the kernel sends whole frames only; uncorking sends the rest. 0, or -1 with `errno`.
int martlet_set_corked(int descriptor, int is_corked);
int martlet_set_congestion_control(int descriptor, const char *name);
/// The pending error of a socket, as a positive number, 0 if there is none.
int martlet_socket_error(int descriptor);
/// Options of TCP, named here because the header's are macros of several modules.
int martlet_set_no_delay(int descriptor);
int martlet_set_keep_alive(int descriptor);


// Addresses, IPv4 and IPv6 alike.
void martlet_any_address(
    int family, uint16_t port, struct sockaddr_storage *address, socklen_t *length);
uint16_t martlet_port(const struct sockaddr_storage *address);
void martlet_set_port(struct sockaddr_storage *address, uint16_t port);
int martlet_local_address(int socket, struct sockaddr_storage *address, socklen_t *length);
int martlet_remote_address(int socket, struct sockaddr_storage *address, socklen_t *length);
/// Whether both are the same host and port.
int martlet_is_same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

int64_t martlet_random(void *buffer, size_t count);
void martlet_name_thread(const char *name);
/// The C library's words for an error number, in English; never null.
const char *martlet_error_description(int code);
/// Raises the soft limit of open descriptors to the hard one and answers with the limit in force.
int64_t martlet_raise_descriptor_limit(void);
int64_t martlet_descriptor_limit(void);
/// Keeps up to `kept` free bytes at the end of each of malloc's heaps, and takes blocks below `large` from heaps.
void martlet_keep_freed_memory(int kept, int large);
/// CPU time this process has used, in nanoseconds.
int64_t martlet_cpu_nanoseconds(void);
/// Memory of this process that is in RAM, in bytes.
int64_t martlet_resident_bytes(void);
/// What files of the whole machine hold in memory that their disks do not have yet, in bytes.
int64_t martlet_unwritten_bytes(void);
/// Descriptors this process has open.
int64_t martlet_open_descriptor_count(void);

// Signals and processes.
void martlet_ignore_broken_pipes(void);
/// Writes each arriving signal of these to a pipe, from which `martlet_next_signal` reads. Call once.
int martlet_watch_signals(const int *signals, int count);
/// Waits for the next watched signal and answers with its number.
int martlet_next_signal(void);
/// Starts a program with this process's descriptors 0 to 2 and environment, but with no signal blocked or
/// ignored. `arguments` ends with a null. Answers with the process's number.
int martlet_spawn(const char *path, char *const *arguments);
/// Makes this process another program, with the signals of a fresh one; answers only if that fails.
int martlet_become(const char *path, char *const *arguments);
/// The environment as the kernel gave it, a list that ends with a null.
char *const *martlet_environment(void);
/// Waits for a child's end: its exit code, or 128 and the signal that ended it.
int martlet_wait_for_child(int child);
int martlet_kill(int process, int signal);
/// The path of the running program.
int64_t martlet_executable_path(char *buffer, size_t count);
