// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An errno value with its Linux name. Xen and Linux agree on the number of every errno that a toolstack sees
 * (Xen's {@code public/errno.h}, Linux' {@code errno.h}, x86-64).
 *
 * @param value the positive errno number
 */
public record Errno(int value) {
    private static final Map<Integer, String> NAMES = new TreeMap<>();

    /** Operation not permitted. */
    public static final Errno EPERM = named(1, "EPERM");

    /** No such file, node or entry. */
    public static final Errno ENOENT = named(2, "ENOENT");

    /** No such process or domain. */
    public static final Errno ESRCH = named(3, "ESRCH");

    /** A signal interrupted the call. */
    public static final Errno EINTR = named(4, "EINTR");

    /** Input or output error. */
    public static final Errno EIO = named(5, "EIO");

    /** No such device or address. */
    public static final Errno ENXIO = named(6, "ENXIO");

    /** The argument list is too long, or Xen took only a part. */
    public static final Errno E2BIG = named(7, "E2BIG");

    /** Bad file descriptor. */
    public static final Errno EBADF = named(9, "EBADF");

    /** Try again; for a xenstore transaction, another change came between. */
    public static final Errno EAGAIN = named(11, "EAGAIN");

    /** Out of memory. */
    public static final Errno ENOMEM = named(12, "ENOMEM");

    /** Permission denied; for a hypercall also a wrong interface version. */
    public static final Errno EACCES = named(13, "EACCES");

    /** Bad address. */
    public static final Errno EFAULT = named(14, "EFAULT");

    /** The resource is in use. */
    public static final Errno EBUSY = named(16, "EBUSY");

    /** The object exists already. */
    public static final Errno EEXIST = named(17, "EEXIST");

    /** The objects are on different devices. */
    public static final Errno EXDEV = named(18, "EXDEV");

    /** No such device. */
    public static final Errno ENODEV = named(19, "ENODEV");

    /** Not a directory. */
    public static final Errno ENOTDIR = named(20, "ENOTDIR");

    /** Is a directory. */
    public static final Errno EISDIR = named(21, "EISDIR");

    /** Invalid argument. */
    public static final Errno EINVAL = named(22, "EINVAL");

    /** The process has too many open files. */
    public static final Errno EMFILE = named(24, "EMFILE");

    /** Not a terminal, or not an operation of this device. */
    public static final Errno ENOTTY = named(25, "ENOTTY");

    /** No space left; for xenstore, a quota is used up. */
    public static final Errno ENOSPC = named(28, "ENOSPC");

    /** The file system is read-only. */
    public static final Errno EROFS = named(30, "EROFS");

    /** The other end of the connection is closed. */
    public static final Errno EPIPE = named(32, "EPIPE");

    /** The argument is out of the domain of the function. */
    public static final Errno EDOM = named(33, "EDOM");

    /** The result is out of range. */
    public static final Errno ERANGE = named(34, "ERANGE");

    /** The call would deadlock. */
    public static final Errno EDEADLK = named(35, "EDEADLK");

    /** The call does not exist. */
    public static final Errno ENOSYS = named(38, "ENOSYS");

    /** Not empty; for a PoD target, the domain has devices assigned. */
    public static final Errno ENOTEMPTY = named(39, "ENOTEMPTY");

    /** No data available. */
    public static final Errno ENODATA = named(61, "ENODATA");

    /** A timer expired. */
    public static final Errno ETIME = named(62, "ETIME");

    /** The message is malformed. */
    public static final Errno EBADMSG = named(74, "EBADMSG");

    /** The value is too large for its type. */
    public static final Errno EOVERFLOW = named(75, "EOVERFLOW");

    /** Invalid sequence of bytes. */
    public static final Errno EILSEQ = named(84, "EILSEQ");

    /** The operation is not supported. */
    public static final Errno EOPNOTSUPP = named(95, "EOPNOTSUPP");

    /** The address is in use. */
    public static final Errno EADDRINUSE = named(98, "EADDRINUSE");
    /** A CPU that is not in the pool from which it is to be removed. */
    public static final Errno EADDRNOTAVAIL = named(99, "EADDRNOTAVAIL");

    /** No buffer space available. */
    public static final Errno ENOBUFS = named(105, "ENOBUFS");

    /** The connection exists already. */
    public static final Errno EISCONN = named(106, "EISCONN");

    /** There is no connection. */
    public static final Errno ENOTCONN = named(107, "ENOTCONN");

    /** The operation timed out. */
    public static final Errno ETIMEDOUT = named(110, "ETIMEDOUT");

    /** The connection was refused. */
    public static final Errno ECONNREFUSED = named(111, "ECONNREFUSED");

    /** The operation is under way already. */
    public static final Errno EALREADY = named(114, "EALREADY");

    private static Errno named(int value, String name) {
        NAMES.put(value, name);
        return new Errno(value);
    }

    /**
     * {@return the errno with that Linux name, such as {@code "ENOENT"}; empty if the name is unknown}
     *
     * @param symbol the name of an errno
     */
    public static Optional<Errno> ofSymbol(String symbol) {
        return NAMES.entrySet().stream()
                .filter(name -> name.getValue().equals(symbol))
                .map(name -> new Errno(name.getKey()))
                .findFirst();
    }

    /** {@return the symbolic name, such as {@code "ENOMEM"}; {@code "errno 999"} for a number without a known name} */
    public String symbol() {
        return NAMES.getOrDefault(value, "errno " + value);
    }

    @Override
    public String toString() {
        return symbol();
    }
}
