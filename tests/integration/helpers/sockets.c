/* SPDX-License-Identifier: Apache-2.0
 *
 * sockets.c: the other end of the sockets that a runtime is given, for the integration suites.
 *
 *   sockets console PATH   listens at PATH, takes one terminal from there, and copies what it says to
 * standard output sockets notify PATH    receives datagrams at PATH, and prints each as a line until one has
 * READY=1 sockets send TEXT      sends TEXT to $NOTIFY_SOCKET
 *
 * The suites compile it (static, since it also runs in containers).
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
fail (const char *what)
{
  perror (what);
  return 1;
}

static struct sockaddr_un
address_of (const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};

  snprintf (address.sun_path, sizeof address.sun_path, "%s", path);
  return address;
}

static int
bound_socket (int type, const char *path)
{
  struct sockaddr_un address = address_of (path);
  int fd = socket (AF_UNIX, type, 0);

  return fd >= 0 && bind (fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

/* The descriptor in one message (SCM_RIGHTS), or -1. */
static int
receive_descriptor (int connection)
{
  char text[256], control[CMSG_SPACE (sizeof (int))];
  struct iovec part = {text, sizeof text};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header;
  int fd;

  if (recvmsg (connection, &message, 0) < 0)
    return -1;
  header = CMSG_FIRSTHDR (&message);
  if (header == NULL || header->cmsg_type != SCM_RIGHTS)
    return -1;
  memcpy (&fd, CMSG_DATA (header), sizeof fd);
  return fd;
}

static int
console (const char *path)
{
  int listener = bound_socket (SOCK_STREAM, path);
  char text[4096];
  int terminal;
  ssize_t size;

  if (listener < 0 || listen (listener, 1) != 0)
    return fail (path);
  terminal = receive_descriptor (accept (listener, NULL, NULL));
  if (terminal < 0)
    return fail ("no terminal");
  while ((size = read (terminal, text, sizeof text)) > 0) {
    if (write (STDOUT_FILENO, text, (size_t)size) < 0)
      return fail ("standard output");
  }
  return 0;
}

static int
notify (const char *path)
{
  int fd = bound_socket (SOCK_DGRAM, path);
  char text[4096];
  ssize_t size;

  if (fd < 0)
    return fail (path);
  while ((size = recv (fd, text, sizeof text - 1, 0)) > 0) {
    text[size] = '\0';
    puts (text);
    fflush (stdout);
    if (strstr (text, "READY=1") != NULL)
      return 0;
  }
  return fail ("recv");
}

static int
send_text (const char *text)
{
  const char *path = getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = address_of (path != NULL ? path : "");
  int fd = socket (AF_UNIX, SOCK_DGRAM, 0);

  if (sendto (fd, text, strlen (text), 0, (struct sockaddr *)&address, sizeof address) < 0)
    return fail (path != NULL ? path : "no NOTIFY_SOCKET");
  return 0;
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "console") == 0)
    return console (argv[2]);
  if (argc == 3 && strcmp (argv[1], "notify") == 0)
    return notify (argv[2]);
  if (argc == 3 && strcmp (argv[1], "send") == 0)
    return send_text (argv[2]);
  fprintf (stderr, "usage: sockets console|notify PATH, sockets send TEXT\n");
  return 2;
}
