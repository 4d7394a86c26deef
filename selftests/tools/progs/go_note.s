# SPDX-License-Identifier: GPL-2.0
# What "go build" leaves in a program.
	.section .note.go.buildid, "a", @note
	.long 4, 4, 4
	.ascii "Go\0\0"
	.ascii "abcd"
	.section .note.GNU-stack, "", @progbits
