/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_LOOP_H
#define OFFLOADD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "watch.h"

int loop_open(void);
bool loop_add(int fd, uint32_t events, struct watch *watch);
bool loop_change(int fd, uint32_t events, struct watch *watch);
void loop_forget(int fd);
int loop_run(bool until_no_pipe);

#endif /* OFFLOADD_LOOP_H */
