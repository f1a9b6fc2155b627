#define _GNU_SOURCE
#include "cplatform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

_Static_assert(MARTLET_PARTS_MAX <= IOV_MAX, "the kernel's limit");
_Static_assert(MARTLET_READABLE == EPOLLIN, "epoll's bit");
_Static_assert(MARTLET_WRITABLE == EPOLLOUT, "epoll's bit");
_Static_assert(MARTLET_FAILED == EPOLLERR, "epoll's bit");
_Static_assert(MARTLET_HUNG_UP == EPOLLHUP, "epoll's bit");
_Static_assert(MARTLET_PEER_ENDED == EPOLLRDHUP, "epoll's bit");
_Static_assert(MARTLET_EDGE_TRIGGERED == (uint32_t)EPOLLET, "epoll's bit");

// Repeats an interrupted call and turns errno into a negative answer.
#define RETRYING(call)                                        \
    ({                                                        \
        __typeof__(call) answer_;                             \
        do answer_ = (call);                                  \
        while (answer_ < 0 && errno == EINTR);                \
        answer_ < 0 ? (__typeof__(call))(-errno) : answer_;   \
    })

// MARK: epoll

int martlet_epoll_create(void) { return RETRYING(epoll_create1(EPOLL_CLOEXEC)); }

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return RETRYING(epoll_ctl(epoll, operation, descriptor, &event));
}

int martlet_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int martlet_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int martlet_epoll_remove(int epoll, int descriptor) {
    return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

static int milliseconds_rounded_up(int64_t nanoseconds) {
    if (nanoseconds < 0) return -1;
    if (nanoseconds > 3600000000000) return 3600000;
    return (int)((nanoseconds + 999999) / 1000000);
}

int martlet_epoll_wait(
    int epoll, struct martlet_event *events, int limit, int64_t timeout_nanoseconds) {
    static _Atomic int lacks_pwait2;
    struct epoll_event found[MARTLET_EVENTS_MAX];
    if (limit > MARTLET_EVENTS_MAX) limit = MARTLET_EVENTS_MAX;
    int count = -1;
    errno = ENOSYS;
    if (timeout_nanoseconds == 0) {
        count = epoll_wait(epoll, found, limit, 0);
    } else if (!lacks_pwait2) {
        struct timespec timeout = {
            .tv_sec = timeout_nanoseconds / 1000000000, .tv_nsec = timeout_nanoseconds % 1000000000};
        count = epoll_pwait2(
            epoll, found, limit, timeout_nanoseconds < 0 ? NULL : &timeout, NULL);
    }
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) {
        // Kernels before 5.11 and some containers' filters.
        lacks_pwait2 = 1;
        count = epoll_wait(epoll, found, limit, milliseconds_rounded_up(timeout_nanoseconds));
    }
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        events[i].token = found[i].data.u64;
        events[i].events = found[i].events;
    }
    return count;
}

int martlet_eventfd(void) { return RETRYING(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int martlet_eventfd_signal(int descriptor) {
    uint64_t one = 1;
    return (int)RETRYING(write(descriptor, &one, sizeof one));
}

int martlet_eventfd_clear(int descriptor) {
    uint64_t count;
    return (int)RETRYING(read(descriptor, &count, sizeof count));
}

// MARK: clocks

int64_t martlet_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t martlet_wall_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// MARK: files

int martlet_open(const char *path, int flags, int mode) {
    return RETRYING(open(path, flags | O_CLOEXEC, mode));
}

int64_t martlet_pread(int descriptor, void *buffer, size_t count, int64_t offset) {
    return RETRYING(pread(descriptor, buffer, count, offset));
}

int64_t martlet_pread_cached(int descriptor, void *buffer, size_t count, int64_t offset) {
    struct iovec part = {.iov_base = buffer, .iov_len = count};
    return RETRYING(preadv2(descriptor, &part, 1, offset, RWF_NOWAIT));
}

int64_t martlet_pwritev(int descriptor, const struct iovec *parts, int count, int64_t offset) {
    if (count == 1) {
        return RETRYING(pwrite(descriptor, parts[0].iov_base, parts[0].iov_len, offset));
    }
    return RETRYING(pwritev(descriptor, parts, count, offset));
}

int martlet_preallocate(int descriptor, int64_t offset, int64_t count) {
    return RETRYING(fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, count));
}

int martlet_fdatasync(int descriptor) { return RETRYING(fdatasync(descriptor)); }
int martlet_fsync(int descriptor) { return RETRYING(fsync(descriptor)); }
int martlet_syncfs(int descriptor) { return RETRYING(syncfs(descriptor)); }

void martlet_begin_writing_back(int descriptor) {
    (void)sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

// The kernel says whether it would have to wait only when it is asked to read, so the range is read, over
// and over into the same 16 KiB: they stay in the first-level cache, and half of a copy's cost goes away.
int martlet_is_resident(int descriptor, int64_t offset, int64_t count) {
    enum { WINDOW = 16384, PARTS = 64 };
    char window[WINDOW];
    struct iovec parts[PARTS];
    while (count > 0) {
        int used = 0;
        int64_t asked = 0;
        while (used < PARTS && asked < count) {
            size_t length = count - asked < WINDOW ? (size_t)(count - asked) : WINDOW;
            parts[used].iov_base = window;
            parts[used].iov_len = length;
            asked += (int64_t)length;
            used++;
        }
        ssize_t got = RETRYING(preadv2(descriptor, parts, used, offset, RWF_NOWAIT));
        // A file system that cannot tell counts as not resident; the end of the file needs no disk.
        if (got < 0) return 0;
        if (got == 0) return 1;
        // A short answer: either the next page is missing or the file ends here. The next round tells.
        offset += got;
        count -= got;
    }
    return 1;
}

int martlet_is_cached(int descriptor, int64_t offset, int64_t count) {
    enum { CACHESTAT = 451 };
    static _Atomic int lacks_cachestat;
    static _Atomic int64_t page;
    if (lacks_cachestat || count <= 0) return -1;
    if (!page) page = sysconf(_SC_PAGESIZE);
    struct {
        uint64_t offset, length;
    } range = {.offset = (uint64_t)offset, .length = (uint64_t)count};
    struct {
        uint64_t cached, dirty, writeback, evicted, recently_evicted;
    } found;
    if (syscall(CACHESTAT, descriptor, &range, &found, 0) < 0) {
        if (errno == ENOSYS || errno == EPERM) lacks_cachestat = 1;
        return -1;
    }
    int64_t pages = (offset + count - 1) / page - offset / page + 1;
    return found.cached >= (uint64_t)pages;
}

void martlet_read_only_what_is_asked(int descriptor) {
    (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM);
}

void martlet_forget_pages(int descriptor, int64_t offset, int64_t count) {
    (void)posix_fadvise(descriptor, offset, count, POSIX_FADV_DONTNEED);
}

int martlet_lock_file(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    return RETRYING(fcntl(descriptor, F_OFD_SETLK, &whole));
}

int64_t martlet_free_bytes(const char *path) {
    struct statvfs facts;
    int answer = RETRYING(statvfs(path, &facts));
    if (answer < 0) return answer;
    return (int64_t)facts.f_bavail * (int64_t)facts.f_frsize;
}

int64_t martlet_total_bytes(const char *path) {
    struct statvfs facts;
    int answer = RETRYING(statvfs(path, &facts));
    if (answer < 0) return answer;
    return (int64_t)facts.f_blocks * (int64_t)facts.f_frsize;
}

// MARK: sockets

int martlet_socket(int family) {
    return RETRYING(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int martlet_accept(int descriptor, struct sockaddr_storage *peer, socklen_t *length) {
    return RETRYING(
        accept4(descriptor, (struct sockaddr *)peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int64_t martlet_read_into(int descriptor, const struct iovec *parts, int count) {
    if (count == 1) return RETRYING(recv(descriptor, parts[0].iov_base, parts[0].iov_len, 0));
    return RETRYING(readv(descriptor, parts, count));
}

int64_t martlet_send(int descriptor, const struct iovec *parts, int count, int more) {
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
    if (count == 1) return RETRYING(send(descriptor, parts[0].iov_base, parts[0].iov_len, flags));
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
    return RETRYING(sendmsg(descriptor, &message, flags));
}

int64_t martlet_send_file(int socket, int file, int64_t offset, size_t count) {
    off_t from = offset;
    return RETRYING(sendfile(socket, file, &from, count));
}

int martlet_set_option(int descriptor, int level, int option, int value) {
    return RETRYING(setsockopt(descriptor, level, option, &value, sizeof value));
}

int martlet_set_corked(int descriptor, int is_corked) {
    return martlet_set_option(descriptor, IPPROTO_TCP, TCP_CORK, is_corked);
}

int martlet_set_congestion_control(int descriptor, const char *name) {
    return RETRYING(
        setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)));
}

int martlet_socket_error(int descriptor) {
    int code = 0;
    socklen_t length = sizeof code;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) < 0) return errno;
    return code;
}

int martlet_set_no_delay(int descriptor) {
    return martlet_set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
}

int martlet_set_keep_alive(int descriptor) {
    return martlet_set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
}

// MARK: addresses

void martlet_any_address(
    int family, uint16_t port, struct sockaddr_storage *address, socklen_t *length) {
    memset(address, 0, sizeof *address);
    address->ss_family = (sa_family_t)family;
    *length = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    martlet_set_port(address, port);
}

uint16_t martlet_port(const struct sockaddr_storage *address) {
    return ntohs(
        address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                       : ((const struct sockaddr_in *)address)->sin_port);
}

void martlet_set_port(struct sockaddr_storage *address, uint16_t port) {
    if (address->ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    } else {
        ((struct sockaddr_in *)address)->sin_port = htons(port);
    }
}

int martlet_local_address(int socket, struct sockaddr_storage *address, socklen_t *length) {
    *length = sizeof *address;
    return RETRYING(getsockname(socket, (struct sockaddr *)address, length));
}

int martlet_remote_address(int socket, struct sockaddr_storage *address, socklen_t *length) {
    *length = sizeof *address;
    return RETRYING(getpeername(socket, (struct sockaddr *)address, length));
}

int martlet_is_same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
    if (a->ss_family != b->ss_family || martlet_port(a) != martlet_port(b)) return 0;
    if (a->ss_family == AF_INET6) {
        return memcmp(
                   &((const struct sockaddr_in6 *)a)->sin6_addr,
                   &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
    }
    return ((const struct sockaddr_in *)a)->sin_addr.s_addr
        == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

// MARK: the process

int64_t martlet_random(void *buffer, size_t count) { return RETRYING(getrandom(buffer, count, 0)); }

void martlet_name_thread(const char *name) {
    // The kernel keeps fifteen characters and refuses longer names.
    char kept[16];
    strncpy(kept, name, sizeof kept - 1);
    kept[sizeof kept - 1] = 0;
    pthread_setname_np(pthread_self(), kept);
}

const char *martlet_error_description(int code) {
    const char *words = strerrordesc_np(code);
    return words ? words : "Unknown error";
}

int64_t martlet_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    return (int64_t)limit.rlim_cur;
}

int64_t martlet_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    return (int64_t)limit.rlim_cur;
}

void martlet_keep_freed_memory(int kept, int large) {
    mallopt(M_TRIM_THRESHOLD, kept);
    mallopt(M_MMAP_THRESHOLD, large);
}

int64_t martlet_cpu_nanoseconds(void) {
    struct timespec used;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) < 0) return -errno;
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

int64_t martlet_resident_bytes(void) {
    FILE *facts = fopen("/proc/self/statm", "re");
    if (!facts) return -errno;
    long total = 0, resident = 0;
    int found = fscanf(facts, "%ld %ld", &total, &resident);
    fclose(facts);
    return found == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : -EIO;
}

int64_t martlet_unwritten_bytes(void) {
    FILE *facts = fopen("/proc/meminfo", "re");
    if (!facts) return -errno;
    char line[128];
    long long sum = 0, part = 0;
    int found = 0;
    while (found < 2 && fgets(line, sizeof line, facts)) {
        if (sscanf(line, "Dirty: %lld kB", &part) == 1 || sscanf(line, "Writeback: %lld kB", &part) == 1) {
            sum += part;
            found++;
        }
    }
    fclose(facts);
    return found == 2 ? (int64_t)sum * 1024 : -EIO;
}

int64_t martlet_open_descriptor_count(void) {
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) return -errno;
    int64_t count = 0;
    while (readdir(directory)) count++;
    closedir(directory);
    // Without `.`, `..` and the descriptor of the directory itself.
    return count - 3;
}

// MARK: signals and processes

void martlet_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

static int signal_pipe[2] = {-1, -1};

// Runs inside whatever the signal interrupted: it may only write, and must leave errno alone.
static void note_signal(int number) {
    int kept = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(signal_pipe[1], &byte, 1);
    (void)written;  // A full pipe holds signals enough.
    errno = kept;
}

int martlet_watch_signals(const int *signals, int count) {
    if (pipe2(signal_pipe, O_CLOEXEC) < 0) return -errno;
    fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK);
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < count; i++) {
        if (sigaction(signals[i], &action, NULL) < 0) return -errno;
    }
    return 0;
}

int martlet_next_signal(void) {
    unsigned char byte = 0;
    int answer = (int)RETRYING(read(signal_pipe[0], &byte, 1));
    return answer < 0 ? answer : byte;
}

extern char **environ;

int martlet_spawn(const char *path, char *const *arguments) {
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    // Whatever else is open here, by whatever library, is not the child's.
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    pid_t child = 0;
    int code = posix_spawn(&child, path, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code == 0 ? child : -code;
}

int martlet_become(const char *path, char *const *arguments) {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execv(path, arguments);
    return -errno;
}

char *const *martlet_environment(void) { return environ; }

int martlet_wait_for_child(int child) {
    int status = 0;
    int answer = RETRYING(waitpid(child, &status, 0));
    if (answer < 0) return answer;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int martlet_kill(int process, int signal) { return RETRYING(kill(process, signal)); }

int64_t martlet_executable_path(char *buffer, size_t count) {
    return RETRYING(readlink("/proc/self/exe", buffer, count));
}
