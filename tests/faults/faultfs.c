/* A disk that fails on purpose, for LD_PRELOAD: see harness.py.
 *
 * Counts every call that changes something below one folder and, from the n-th on, kills the process, says that the
 * disk is full, read-only or broken, or moves the clock. It also keeps a shadow of what was fsynced, from which the
 * harness makes the disk as it would be after a power cut: whatever was not synced is gone.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OFF, KILL, FULL, READONLY, BROKEN, CLOCK };
enum op { SPACE, CHANGE, SYNC, OPENING };

static char root[PATH_MAX], shadow[PATH_MAX];
static size_t root_len;
static int mode;
static long nth;
static atomic_long passed;
static long clock_offset;
static pthread_mutex_t shadow_lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ({ static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name); real; })

void faultfs_arm(const char *folder, int how, long n, long seconds, const char *shadows) {
  snprintf(root, sizeof root, "%s/", folder);
  root_len = strlen(root);
  snprintf(shadow, sizeof shadow, "%s", shadows ? shadows : "");
  nth = n;
  clock_offset = seconds;
  atomic_store(&passed, 0);
  mode = how;
}

long faultfs_passed(void) { return atomic_load(&passed); }

static int below(const char *path) {
  if (!root_len || !path) return 0;
  if (path[0] != '/') return 0;
  return strncmp(path, root, root_len) == 0 || (strlen(path) == root_len - 1 && strncmp(path, root, root_len - 1) == 0);
}

static int path_of(int fd, char *out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = REAL(readlink)(link, out, PATH_MAX - 1);
  if (n < 0) return 0;
  out[n] = 0;
  return below(out);
}

/* 0: go on. Else the errno to fail with; -1: do half of the write, for the disk has just become full. */
static int verdict(enum op what) {
  if (!root_len) return 0;
  long now = atomic_fetch_add(&passed, 1) + 1;
  switch (mode) {
    case KILL:
      if (now == nth) kill(getpid(), SIGKILL), pause();
      return 0;
    case FULL:
      if (now < nth || what != SPACE) return 0;
      return now == nth ? -1 : ENOSPC;
    case READONLY:
      if (now < nth) return 0;
      return what == SYNC ? EIO : EROFS;
    case BROKEN:
      return now == nth && what != OPENING ? EIO : 0;
    default:
      return 0;
  }
}

#define FAIL(what) do { int e_ = verdict(what); if (e_) { errno = e_ < 0 ? ENOSPC : e_; return -1; } } while (0)

static void key_of(const struct statx *s, char *out) {
  sprintf(out, "%llu-%lld%09u", (unsigned long long)s->stx_ino, (long long)s->stx_btime.tv_sec, s->stx_btime.tv_nsec);
}

static void keep(int fd, const char *path) {
  struct statx s;
  char key[80], draft[PATH_MAX + 100], final[PATH_MAX + 100];
  if (statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &s)) return;
  key_of(&s, key);
  pthread_mutex_lock(&shadow_lock);
  snprintf(draft, sizeof draft, "%s/draft", shadow);
  int out = REAL(open)(draft, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (S_ISDIR(s.stx_mode)) {
    snprintf(final, sizeof final, "%s/%s.dir", shadow, key);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
      struct statx one;
      char line[PATH_MAX + 200], its[80];
      if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
      if (statx(dirfd(dir), e->d_name, AT_SYMLINK_NOFOLLOW, STATX_ALL, &one)) continue;
      key_of(&one, its);
      int n = snprintf(line, sizeof line, "%s %c %s\n", its, S_ISDIR(one.stx_mode) ? 'd' : 'f', e->d_name);
      if (REAL(write)(out, line, n) != n) abort();
    }
    if (dir) closedir(dir);
  } else {
    char buffer[65536], again[64];
    snprintf(final, sizeof final, "%s/%s.file", shadow, key);
    snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
    int in = REAL(open)(again, O_RDONLY);
    for (ssize_t n; in >= 0 && (n = read(in, buffer, sizeof buffer)) > 0;)
      if (REAL(write)(out, buffer, n) != n) abort();
    if (in >= 0) close(in);
  }
  close(out);
  REAL(rename)(draft, final);
  pthread_mutex_unlock(&shadow_lock);
}

#define OPEN(name, call, path_known)                                                     \
  if (root_len && (flags & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC)) && below(path_known)) \
    FAIL(((flags & O_CREAT) && access(path_known, F_OK)) ? SPACE : OPENING);              \
  return call;

#define MODE_ARG mode_t m = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list a; va_start(a, flags); m = va_arg(a, mode_t); va_end(a); }

int open(const char *p, int flags, ...) { MODE_ARG OPEN(open, REAL(open)(p, flags, m), p) }
int open64(const char *p, int flags, ...) { MODE_ARG OPEN(open64, REAL(open64)(p, flags, m), p) }
int openat(int d, const char *p, int flags, ...) { MODE_ARG OPEN(openat, REAL(openat)(d, p, flags, m), p) }
int openat64(int d, const char *p, int flags, ...) { MODE_ARG OPEN(openat64, REAL(openat64)(d, p, flags, m), p) }

#define WRITE(half, whole)                                         \
  char path[PATH_MAX];                                             \
  if (root_len && path_of(fd, path)) {                             \
    int e = verdict(SPACE);                                        \
    if (e < 0 && n > 1) return half;                               \
    if (e) { errno = e < 0 ? ENOSPC : e; return -1; }              \
  }                                                                \
  return whole;

ssize_t write(int fd, const void *b, size_t n) { WRITE(REAL(write)(fd, b, n / 2), REAL(write)(fd, b, n)) }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { WRITE(REAL(pwrite)(fd, b, n / 2, o), REAL(pwrite)(fd, b, n, o)) }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { WRITE(REAL(pwrite64)(fd, b, n / 2, o), REAL(pwrite64)(fd, b, n, o)) }
ssize_t writev(int fd, const struct iovec *v, int n) { WRITE(REAL(writev)(fd, v, n / 2), REAL(writev)(fd, v, n)) }

#define ON_FD(what, call) char path[PATH_MAX]; if (root_len && path_of(fd, path)) FAIL(what); return call;
int ftruncate(int fd, off_t n) { ON_FD(CHANGE, REAL(ftruncate)(fd, n)) }
int ftruncate64(int fd, off64_t n) { ON_FD(CHANGE, REAL(ftruncate64)(fd, n)) }
int fallocate(int fd, int m, off_t o, off_t n) { ON_FD(SPACE, REAL(fallocate)(fd, m, o, n)) }
int posix_fallocate(int fd, off_t o, off_t n) { char p[PATH_MAX]; if (root_len && path_of(fd, p)) { int e = verdict(SPACE); if (e) return e < 0 ? ENOSPC : e; } return REAL(posix_fallocate)(fd, o, n); }

#define SYNCING(call)                                          \
  char path[PATH_MAX];                                         \
  int ours = root_len && path_of(fd, path);                    \
  if (ours) FAIL(SYNC);                                        \
  int done = call;                                             \
  if (ours && !done && shadow[0]) keep(fd, path);              \
  return done;
int fsync(int fd) { SYNCING(REAL(fsync)(fd)) }
int fdatasync(int fd) { SYNCING(REAL(fdatasync)(fd)) }

#define ON_PATH(what, p, call) if (below(p)) FAIL(what); return call;
int rename(const char *a, const char *b) { ON_PATH(CHANGE, b, REAL(rename)(a, b)) }
int renameat(int d, const char *a, int e, const char *b) { ON_PATH(CHANGE, b, REAL(renameat)(d, a, e, b)) }
int renameat2(int d, const char *a, int e, const char *b, unsigned f) { ON_PATH(CHANGE, b, REAL(renameat2)(d, a, e, b, f)) }
int link(const char *a, const char *b) { ON_PATH(SPACE, b, REAL(link)(a, b)) }
int linkat(int d, const char *a, int e, const char *b, int f) { ON_PATH(SPACE, b, REAL(linkat)(d, a, e, b, f)) }
int unlink(const char *p) { ON_PATH(CHANGE, p, REAL(unlink)(p)) }
int unlinkat(int d, const char *p, int f) { ON_PATH(CHANGE, p, REAL(unlinkat)(d, p, f)) }
int rmdir(const char *p) { ON_PATH(CHANGE, p, REAL(rmdir)(p)) }
int mkdir(const char *p, mode_t m) { ON_PATH(SPACE, p, REAL(mkdir)(p, m)) }
int mkdirat(int d, const char *p, mode_t m) { ON_PATH(SPACE, p, REAL(mkdirat)(d, p, m)) }

static void moved(clockid_t which, struct timespec *t) {
  if (which == CLOCK_REALTIME && mode == CLOCK && atomic_load(&passed) >= nth) t->tv_sec += clock_offset;
}
int clock_gettime(clockid_t which, struct timespec *t) {
  int done = REAL(clock_gettime)(which, t);
  if (!done) moved(which, t);
  return done;
}
time_t time(time_t *out) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  if (out) *out = t.tv_sec;
  return t.tv_sec;
}
