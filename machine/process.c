/* SPDX-License-Identifier: MIT */
/* The process as its parent sees it: in the background (-daemonize), with its number in a file (-pidfile). */
#include "machine/process.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"

/* Waits for the one in the background: a byte means that it is ready. */
static void wait_and_leave(int fd)
{
    char byte;
    ssize_t got;
    while ((got = read(fd, &byte, 1)) < 0 && errno == EINTR) {
    }
    _exit(got == 1 ? 0 : 1);
}

/* A session of its own, which it does not lead: no terminal can become its controlling one. */
static bool to_background(struct process *process, GError **error)
{
    int ends[2];
    if (pipe(ends)) {
        return error_fail(error, "-daemonize: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child < 0) {
        return error_fail(error, "-daemonize: no new process: %s", strerror(errno));
    }
    if (child > 0) {
        close(ends[1]);
        wait_and_leave(ends[0]);
    }
    close(ends[0]);
    setsid();
    if (fork() != 0) {
        _exit(0);
    }
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    process->ready_fd = ends[1];
    return true;
}

/* Locked while the process lives, as QEMU's is: a second machine with the same file is refused. */
static bool write_pid(struct process *process, const char *path, GError **error)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    g_autofree char *text = g_strdup_printf("%ld\n", (long)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return error_fail(error, "-pidfile %s: %s", path, strerror(errno));
    }
    process->pid_fd = fd;
    if (fcntl(fd, F_SETLK, &lock)) {
        return error_fail(error, "-pidfile %s: another process has it", path);
    }
    if (ftruncate(fd, 0) || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        return error_fail(error, "-pidfile %s: %s", path, strerror(errno));
    }
    process->pid_path = path;
    return true;
}

bool process_begin(struct process *process, const struct options *options, GError **error)
{
    *process = (struct process){ -1, -1, NULL };
    return (!options->daemonize || to_background(process, error)) &&
           (!options->pid_path || write_pid(process, options->pid_path, error));
}

void process_ready(struct process *process)
{
    const char byte = 0;
    if (process->ready_fd < 0) {
        return;
    }
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && nothing >= 0; fd++) {
        dup2(nothing, fd);
    }
    if (nothing > STDERR_FILENO) {
        close(nothing);
    }
    if (write(process->ready_fd, &byte, 1) != 1) {
        return;                         /* whoever waited is gone */
    }
    close(process->ready_fd);
    process->ready_fd = -1;
}

void process_end(struct process *process)
{
    if (process->pid_path) {
        unlink(process->pid_path);
    }
    if (process->pid_fd >= 0) {
        close(process->pid_fd);
    }
}
