"""What starts guests at boot on the hosts of a pool: the /etc/xen that each of them has."""

import os


def xen(p, host, *path):
    return p.path(host + ".var", "xen", *path)


def links(p, host):
    return os.listdir(xen(p, host, "auto"))


def put(p, host, text, link="10-web"):
    with open(xen(p, host, "web.cfg"), "w", encoding="utf-8") as f:
        f.write(text)
    os.symlink("../web.cfg", xen(p, host, "auto", link))


def clear(p):
    for host in p.names:
        for name in os.listdir(xen(p, host)):
            if name != "auto":
                os.unlink(xen(p, host, name))
        for name in links(p, host):
            os.unlink(xen(p, host, "auto", name))
