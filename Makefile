# SPDX-License-Identifier: GPL-2.0
#
# For people; what the kernel's build system reads is Kbuild. "make help" lists the targets.

# The kernel to build for: the running one, or that of KDIR.
KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
DESTDIR ?=
export PREFIX DESTDIR

# Everything that Kbuild makes goes there, a directory for each kernel.
BUILD := build
LINK_TREE := tools/kernel/link-tree
# One of several jobs at a time, unless make was told something else.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
# $(call kbuild,directory,kernel build directory,arguments)
# Two makes at a time in one directory (a developer's and a test's) wait for each other.
kbuild = flock $(1) $(MAKE) $(JOBS) -C $(2) M=$(CURDIR)/$(1) $(3)

.DEFAULT_GOAL := all
.PHONY: all modules modules-uml modules-uml-fast modules-stock tools selftests
.PHONY: test demo bench install uninstall clean help

## all: the module for the running kernel (or KDIR=...) and the user-space tools
all: modules tools

# Not an immediate assignment: only a target that builds for KDIR asks for it.
release = $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null)
define need_kdir
	@test -n "$(release)" || { \
		echo "There are no headers to build modules with in $(KDIR)."; \
		echo "Install the package linux-headers-$$(uname -r), or name another kernel's" \
			"with KDIR=/lib/modules/.../build."; \
		echo "(For the test kernels: make modules-stock, make modules-uml.)"; \
		exit 1; } >&2
endef

## modules: only the module
modules:
	$(need_kdir)
	@$(LINK_TREE) $(BUILD)/$(release)
	+@$(call kbuild,$(BUILD)/$(release),$(KDIR),modules)

# The tests need their own modules, too; they are not installed.
modules-uml modules-uml-fast modules-stock: export ZSOCK_TESTS = 1

## modules-uml: modules for the UML kernel with all its checks (builds that kernel first)
modules-uml: UML = debug
modules-uml: UML_DIR = $(BUILD)/uml
## modules-uml-fast: modules for the UML kernel without them
modules-uml-fast: UML = fast
modules-uml-fast: UML_DIR = $(BUILD)/uml-fast
modules-uml modules-uml-fast:
	@$(LINK_TREE) $(UML_DIR)
	+@kdir=$$(tools/kernel/build-uml $(UML)) && \
		$(call kbuild,$(UML_DIR),"$$kdir",ARCH=um modules)

## modules-stock: modules for Debian's installed 6.12 kernel
modules-stock:
	+@release=$$(tools/kernel/stock-release) && \
		$(MAKE) --no-print-directory modules KDIR=/lib/modules/$$release/build

## tools: the user-space programs
tools:
	@$(MAKE) --no-print-directory -C tools

## selftests: the test programs
selftests:
	@$(MAKE) --no-print-directory -C selftests

## test: everything under selftests, in UML and in QEMU
test:
	@selftests/run-all

## demo: see it work
demo:
	@tools/demo

## bench: measure it
bench:
	@bench/run
	@bench/dispatch

# Neither what is there for the tests nor the samples; where the tree is not the system's own,
# depmod is for whoever puts it in place.
## install: module, programs and manual pages, below DESTDIR and PREFIX
install: all
	+@$(call kbuild,$(BUILD)/$(release),$(KDIR),modules_install INSTALL_MOD_PATH=$(DESTDIR))
	@cd $(DESTDIR)/lib/modules/$(release)/updates && \
		rm -rf samples zsock_mock.ko* zsock_kunit.ko*
	$(if $(DESTDIR),,depmod $(release))
	$(MAKE) -C tools install

## uninstall: take that away again
uninstall:
	$(need_kdir)
	find $(DESTDIR)/lib/modules/$(release)/updates -name 'zsock*.ko*' -delete
	$(if $(DESTDIR),,depmod $(release))
	$(MAKE) -C tools uninstall

## clean: remove what was built (not the UML kernels, which live in the cache)
clean:
	rm -rf $(BUILD)
	@$(MAKE) --no-print-directory -C tools clean
	@$(MAKE) --no-print-directory -C selftests clean

## help: this list
help:
	@sed -n 's/^## \([^:]*\): /\1:/p' Makefile | \
		while IFS=: read -r name text; do printf '%-17s %s\n' "$$name" "$$text"; done
