// SPDX-License-Identifier: GPL-2.0
/*
 * Words of the command line.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zsockctl.h"

/* As with ip(8): any beginning of a word stands for it. */
bool abbreviates(const char *word, const char *full)
{
	return *word && !strncmp(word, full, strlen(word));
}

bool wants_help(int argc, char **argv)
{
	return argc > 0 && (abbreviates(argv[0], "help") ||
			    !strcmp(argv[0], "-h") ||
			    !strcmp(argv[0], "-help") ||
			    !strcmp(argv[0], "--help"));
}

int unknown_command(const char *object, const char *word)
{
	fprintf(stderr, "Command \"%s\" is unknown, try \"zsockctl %s help\".\n",
		word, object);
	return EXIT_USAGE;
}

int unwanted_argument(const char *object, const char *word)
{
	fprintf(stderr, "Garbage instead of arguments \"%s ...\", try \"zsockctl %s help\".\n",
		word, object);
	return EXIT_USAGE;
}

/**
 * list_only() - the command line of an object that can only be listed
 * @object: its name
 * @help: printed when help is asked for
 * @argc: words after the object
 * @argv: words after the object
 *
 * Return: -1 to go on and list, else the exit status.
 */
int list_only(const char *object, const char *help, int argc, char **argv)
{
	if (!argc)
		return -1;
	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (!abbreviates(argv[0], "list") && !abbreviates(argv[0], "show") &&
	    strcmp(argv[0], "lst"))
		return unknown_command(object, argv[0]);
	if (argc > 1)
		return unwanted_argument(object, argv[1]);
	return -1;
}

int arg_number(const char *object, const char *word, long long min,
	       long long max, const char *what, long long *value)
{
	char *end;

	errno = 0;
	*value = strtoll(word, &end, 10);
	if (!errno && *word && !*end && *value >= min && *value <= max)
		return EXIT_OK;
	fprintf(stderr, "zsockctl: %s: \"%s\" is no %s\n", object, word, what);
	return EXIT_USAGE;
}

/* A number, or a name. */
int arg_user(const char *object, const char *word, uint32_t *uid)
{
	const struct passwd *user = getpwnam(word);
	long long value;
	int ret;

	if (user) {
		*uid = user->pw_uid;
		return EXIT_OK;
	}
	ret = arg_number(object, word, 0, UINT32_MAX - 1LL, "user", &value);
	*uid = value;
	return ret;
}
