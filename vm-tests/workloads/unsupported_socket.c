// SPDX-License-Identifier: Apache-2.0
/* Holds a socket, connected or not. Argument: the kind. */
#include "unsupported.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static int fd = -1, second = -1;

static void check_pair(void)
{
	char buf[8] = "";

	wl_write_all(fd, "ping", 4);
	wl_read_all(second, buf, 4);
	expect(!strcmp(buf, "ping"), "received %s", buf);
}

static void open_socketpair(void)
{
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	fd = pair[0];
	second = pair[1];
}

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void open_tcp_listen(void)
{
	struct sockaddr_in address = loopback();

	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	must(listen(fd, 5));
}

static int connect_to(int listener)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int s = must(socket(AF_INET, SOCK_STREAM, 0));

	must(getsockname(listener, (struct sockaddr *)&address, &len));
	must(connect(s, (struct sockaddr *)&address, len));
	return s;
}

static void check_tcp_listen(void)
{
	int client = connect_to(fd);

	close(must(accept(fd, NULL, NULL)));
	close(client);
}

static void open_tcp(void)
{
	int listener;

	open_tcp_listen();
	listener = fd;
	second = connect_to(listener);
	fd = must(accept(listener, NULL, NULL));
	close(listener);
}

static void open_udp(void)
{
	struct sockaddr_in address = loopback();
	socklen_t len = sizeof(address);

	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(bind(fd, (struct sockaddr *)&address, len));
	must(getsockname(fd, (struct sockaddr *)&address, &len));
	must(connect(fd, (struct sockaddr *)&address, len));
}

static void check_self(void)
{
	char buf[8] = "";

	must(send(fd, "ping", 4, 0));
	must(recv(fd, buf, 4, 0));
	expect(!strcmp(buf, "ping"), "received %s", buf);
}

static void open_unix_listen(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	/* An abstract name chosen by the kernel: paths may be too long for a socket. */
	fd = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)));
	must(listen(fd, 5));
}

static void check_unix_listen(void)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address);
	int s = must(socket(AF_UNIX, SOCK_STREAM, 0));

	must(getsockname(fd, (struct sockaddr *)&address, &len));
	must(connect(s, (struct sockaddr *)&address, len));
	close(must(accept(fd, NULL, NULL)));
	close(s);
}

static void open_netlink(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };

	fd = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
}

static void check_open(void)
{
	must(fcntl(fd, F_GETFD));
}

const struct kind kinds[] = {
	{ "socketpair", open_socketpair, check_pair },
	{ "tcp_listen", open_tcp_listen, check_tcp_listen },
	{ "tcp", open_tcp, check_pair },
	{ "udp", open_udp, check_self },
	{ "unix_listen", open_unix_listen, check_unix_listen },
	{ "netlink", open_netlink, check_open },
	{ }
};

static void spoil(void)
{
	must(close(fd));
}

const struct workload workload = { build, NULL, check_kind, spoil };
