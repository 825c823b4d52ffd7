/* SPDX-License-Identifier: MIT */
/* Captures in the classic pcap format (link type 1, Ethernet; microseconds), with guest time as their time stamps. */
#include <errno.h>
#include <stdio.h>
#include "base/error.h"
#include "net/internal.h"

enum { MAXLEN_DEFAULT = 65536, LINKTYPE_ETHERNET = 1 };

struct net_capture {
    struct network_end *end;
    struct net_host host;
    FILE *file;
    unsigned maxlen;
};

struct pcap_header { uint32_t magic; uint16_t major, minor; uint32_t zone, sigfigs, snaplen, network; };
struct pcap_record { uint32_t seconds, microseconds, included, original; };

static void on_frame(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct net_capture *capture = opaque;
    int64_t us = clock_now_ns(capture->host.clocks, CLOCK_KIND_HOST) / 1000;
    struct pcap_record record = { (uint32_t)(us / 1000000), (uint32_t)(us % 1000000),
                                  (uint32_t)MIN(bytes, capture->maxlen), (uint32_t)bytes };
    fwrite(&record, sizeof(record), 1, capture->file);
    fwrite(frame, record.included, 1, capture->file);
    fflush(capture->file);          /* whole even if the process is killed */
}

struct net_capture *net_capture_open(struct network_end *end, const char *path, unsigned maxlen,
                                     const struct net_host *host,
                                     GError **error)
{
    FILE *file = fopen(path, "wbe");
    if (!file) {
        error_fail(error, "cannot write %s: %s", path, g_strerror(errno));
        return NULL;
    }
    struct net_capture *capture = g_new0(struct net_capture, 1);
    *capture = (struct net_capture){ .end = end, .host = *host, .file = file, .maxlen = maxlen ? maxlen : MAXLEN_DEFAULT };
    const struct pcap_header header = { 0xa1b2c3d4, 2, 4, 0, 0, capture->maxlen, LINKTYPE_ETHERNET };
    fwrite(&header, sizeof(header), 1, file);
    fflush(file);
    g_mutex_lock(host->lock);
    network_add_tap(end, &(struct network_tap){ on_frame, capture });
    g_mutex_unlock(host->lock);
    return capture;
}

void net_capture_close(struct net_capture *capture)
{
    if (capture) {
        g_mutex_lock(capture->host.lock);
        network_remove_tap(capture->end, capture);
        g_mutex_unlock(capture->host.lock);
        fclose(capture->file);
        g_free(capture);
    }
}
