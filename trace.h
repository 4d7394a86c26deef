/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM zsock

#if !defined(_ZSOCK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _ZSOCK_TRACE_H

#include <linux/tracepoint.h>

#include "names/names.h"
#include "tls/tls.h"
#include "zsock_int.h"

/* A socket is named by its file's inode number, as in /proc/net/zsock. */
#define zsock_trace_ino(zs) \
	((zs) ? SOCK_INODE((zs)->sock)->i_ino : 0UL)

TRACE_EVENT(zsock_create,
	TP_PROTO(const struct zsock_sock *zs),
	TP_ARGS(zs),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(u16, type)
		__field(u16, domain)
		__field(u16, protocol)
		__string(handler, zs->handler->proto->name)
	),
	TP_fast_assign(
		__entry->ino = zsock_trace_ino(zs);
		__entry->type = zs->sock->type;
		__entry->domain = zs->domain;
		__entry->protocol = zs->protocol;
		zsock_assign_str(handler, zs->handler->proto->name);
	),
	TP_printk("ino=%lu type=%u domain=%u protocol=%u handler=%s",
		  __entry->ino, __entry->type, __entry->domain,
		  __entry->protocol, __get_str(handler))
);

TRACE_EVENT(zsock_dispatch,
	TP_PROTO(const struct zsock_sock *zs, const struct zsock_spec *spec),
	TP_ARGS(zs, spec),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(u16, family)
		__field(u16, type)
		__field(u16, protocol)
		__string(backend, zs->carrier->backend->name)
	),
	TP_fast_assign(
		__entry->ino = zsock_trace_ino(zs);
		__entry->family = spec->family;
		__entry->type = spec->type;
		__entry->protocol = spec->protocol;
		zsock_assign_str(backend, zs->carrier->backend->name);
	),
	TP_printk("ino=%lu backend=%s family=%u type=%u protocol=%u",
		  __entry->ino, __get_str(backend), __entry->family,
		  __entry->type, __entry->protocol)
);

TRACE_EVENT(zsock_policy,
	TP_PROTO(const struct zsock_sock *zs, const struct zsock_ruling *ruling),
	TP_ARGS(zs, ruling),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(u32, rule)
		__field(bool, reject)
		__string(backend, ruling->backend)
	),
	TP_fast_assign(
		__entry->ino = zsock_trace_ino(zs);
		__entry->rule = ruling->id;
		__entry->reject = ruling->flags & ZSOCK_RULE_REJECT;
		zsock_assign_str(backend, ruling->backend);
	),
	TP_printk("ino=%lu rule=%u backend=%s reject=%d", __entry->ino,
		  __entry->rule, __get_str(backend), __entry->reject)
);

TRACE_EVENT(zsock_connect,
	TP_PROTO(const struct zsock_sock *zs, int err),
	TP_ARGS(zs, err),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->ino = zsock_trace_ino(zs);
		__entry->err = err;
	),
	TP_printk("ino=%lu err=%d", __entry->ino, __entry->err)
);

TRACE_EVENT(zsock_accept,
	TP_PROTO(const struct zsock_sock *listener,
		 const struct zsock_sock *child, int err),
	TP_ARGS(listener, child, err),
	TP_STRUCT__entry(
		__field(unsigned long, listener)
		__field(unsigned long, ino)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->listener = zsock_trace_ino(listener);
		__entry->ino = zsock_trace_ino(child);
		__entry->err = err;
	),
	TP_printk("listener=%lu ino=%lu err=%d", __entry->listener,
		  __entry->ino, __entry->err)
);

/* What failed before there was an inner socket to blame. */
TRACE_EVENT(zsock_error,
	TP_PROTO(const struct zsock_sock *zs, const char *what, int err),
	TP_ARGS(zs, what, err),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(int, err)
		__string(what, what)
	),
	TP_fast_assign(
		__entry->ino = zsock_trace_ino(zs);
		__entry->err = err;
		zsock_assign_str(what, what);
	),
	TP_printk("ino=%lu what=%s err=%d", __entry->ino, __get_str(what),
		  __entry->err)
);

TRACE_EVENT(zsock_handshake,
	TP_PROTO(const struct zsock_handshake *hs, int err),
	TP_ARGS(hs, err),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(int, err)
		__field(int, alert)
		__field(u32, verify)
		__field(unsigned int, ms)
		__field(u16, version)
		__field(u16, cipher)
		__field(u8, role)
		__field(bool, resumed)
	),
	TP_fast_assign(
		__entry->id = hs->rq.id;
		__entry->err = err;
		__entry->alert = hs->result.alert;
		__entry->verify = hs->result.verify;
		__entry->ms = jiffies_to_msecs(jiffies - hs->rq.begun);
		__entry->version = hs->result.version;
		__entry->cipher = hs->result.cipher;
		__entry->role = hs->role;
		__entry->resumed = hs->result.resumed;
	),
	TP_printk("id=%llu role=%u err=%d alert=%d verify=%#x version=%#x cipher=%#x resumed=%d ms=%u",
		  __entry->id, __entry->role, __entry->err, __entry->alert,
		  __entry->verify, __entry->version, __entry->cipher,
		  __entry->resumed, __entry->ms)
);

TRACE_EVENT(zsock_resolve,
	TP_PROTO(const struct zsock_resolve *res, int err),
	TP_ARGS(res, err),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(int, err)
		__field(unsigned int, addresses)
		__field(unsigned int, ms)
		__string(name, res->name)
	),
	TP_fast_assign(
		__entry->id = res->rq.id;
		__entry->err = err;
		__entry->addresses = res->answer.n;
		__entry->ms = jiffies_to_msecs(jiffies - res->rq.begun);
		zsock_assign_str(name, res->name);
	),
	TP_printk("id=%llu name=%s err=%d addresses=%u ms=%u", __entry->id,
		  __get_str(name), __entry->err, __entry->addresses,
		  __entry->ms)
);

TRACE_EVENT(zsock_release,
	TP_PROTO(const struct zsock_sock *zs),
	TP_ARGS(zs),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(bool, dispatched)
	),
	TP_fast_assign(
		__entry->ino = zsock_trace_ino(zs);
		__entry->dispatched = zs->table;
	),
	TP_printk("ino=%lu dispatched=%d", __entry->ino, __entry->dispatched)
);

#endif /* _ZSOCK_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
