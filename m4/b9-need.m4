# SPDX-License-Identifier: Apache-2.0
# Dependencies, each with the package that holds it where it is missing.

# B9_NEED(PREFIX, MODULE, DEBIAN, FEDORA)
AC_DEFUN([B9_NEED], [
  PKG_CHECK_MODULES([$1], [$2], [], [
    AC_MSG_ERROR([$2 is missing.  Debian: apt-get install $3   Fedora: dnf install $4])])
])

# B9_NEED_LTDL(DEBIAN, FEDORA)
AC_DEFUN([B9_NEED_LTDL], [
  AC_CHECK_HEADER([ltdl.h], [], [
    AC_MSG_ERROR([libltdl is missing.  Debian: apt-get install $1   Fedora: dnf install $2])])
  AC_CHECK_LIB([ltdl], [lt_dladvise_resident], [LTDL_LIBS=-lltdl], [
    AC_MSG_ERROR([libltdl is missing.  Debian: apt-get install $1   Fedora: dnf install $2])])
  AC_SUBST([LTDL_LIBS])
])

# B9_FIND_CHECK(MODULE, DEBIAN, FEDORA): only `make check` needs it.
AC_DEFUN([B9_FIND_CHECK], [
  PKG_CHECK_MODULES([CHECK], [$1], [b9_have_check=yes], [
    b9_have_check=no
    AC_MSG_WARN([$1 is missing, so `make check` will run no unit tests.  Debian: apt-get install $2   Fedora: dnf install $3])])
  AM_CONDITIONAL([HAVE_CHECK], [test "$b9_have_check" = yes])
])
