// SPDX-License-Identifier: GPL-2.0
/* zsock_many: backends that take no socket, before all others, to be asked in vain. */
#include <linux/module.h>
#include <linux/slab.h>
#include <net/zsock.h>

static unsigned int count = 31;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "how many (31)");

struct many {
	struct zsock_backend	backend;
	char			name[ZSOCK_NAME_MAX];
};

static struct many *many;

static bool many_is_supported(const struct zsock_backend *backend,
			      const struct zsock_spec *spec)
{
	return false;
}

static int many_create(const struct zsock_backend *backend,
		       const struct zsock_spec *spec, struct socket **res)
{
	return -ENETDOWN;
}

static void many_unregister(unsigned int n)
{
	while (n--)
		zsock_unregister_backend(&many[n].backend);
	kfree(many);
}

static int __init many_init(void)
{
	unsigned int i;
	int err;

	many = kcalloc(count, sizeof(*many), GFP_KERNEL);
	if (!many)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		snprintf(many[i].name, sizeof(many[i].name), "many%u", i);
		many[i].backend = (struct zsock_backend){
			.name		= many[i].name,
			.owner		= THIS_MODULE,
			.priority	= i,
			.is_supported	= many_is_supported,
			.create		= many_create,
		};
		err = zsock_register_backend(&many[i].backend);
		if (err) {
			many_unregister(i);
			return err;
		}
	}
	return 0;
}

static void __exit many_exit(void)
{
	many_unregister(count);
}

module_init(many_init);
module_exit(many_exit);

MODULE_DESCRIPTION("AF_ZSOCK backends that take nothing");
MODULE_LICENSE("GPL");
