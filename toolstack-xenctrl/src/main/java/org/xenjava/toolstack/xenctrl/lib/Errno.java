// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.Map;
import java.util.TreeMap;

/**
 * An errno value with its Linux name. Xen and Linux agree on the number of every errno that a toolstack sees
 * (Xen's {@code public/errno.h}, Linux' {@code errno.h}, x86-64).
 *
 * @param value the positive errno number
 */
public record Errno(int value) {
    private static final Map<Integer, String> NAMES = new TreeMap<>();

    public static final Errno EPERM = named(1, "EPERM");
    public static final Errno ENOENT = named(2, "ENOENT");
    public static final Errno ESRCH = named(3, "ESRCH");
    public static final Errno EINTR = named(4, "EINTR");
    public static final Errno EIO = named(5, "EIO");
    public static final Errno ENXIO = named(6, "ENXIO");
    public static final Errno E2BIG = named(7, "E2BIG");
    public static final Errno EBADF = named(9, "EBADF");
    public static final Errno EAGAIN = named(11, "EAGAIN");
    public static final Errno ENOMEM = named(12, "ENOMEM");
    public static final Errno EACCES = named(13, "EACCES");
    public static final Errno EFAULT = named(14, "EFAULT");
    public static final Errno EBUSY = named(16, "EBUSY");
    public static final Errno EEXIST = named(17, "EEXIST");
    public static final Errno EXDEV = named(18, "EXDEV");
    public static final Errno ENODEV = named(19, "ENODEV");
    public static final Errno ENOTDIR = named(20, "ENOTDIR");
    public static final Errno EISDIR = named(21, "EISDIR");
    public static final Errno EINVAL = named(22, "EINVAL");
    public static final Errno EMFILE = named(24, "EMFILE");
    public static final Errno ENOTTY = named(25, "ENOTTY");
    public static final Errno ENOSPC = named(28, "ENOSPC");
    public static final Errno EROFS = named(30, "EROFS");
    public static final Errno EPIPE = named(32, "EPIPE");
    public static final Errno EDOM = named(33, "EDOM");
    public static final Errno ERANGE = named(34, "ERANGE");
    public static final Errno EDEADLK = named(35, "EDEADLK");
    public static final Errno ENOSYS = named(38, "ENOSYS");
    public static final Errno ENOTEMPTY = named(39, "ENOTEMPTY");
    public static final Errno ENODATA = named(61, "ENODATA");
    public static final Errno ETIME = named(62, "ETIME");
    public static final Errno EBADMSG = named(74, "EBADMSG");
    public static final Errno EOVERFLOW = named(75, "EOVERFLOW");
    public static final Errno EILSEQ = named(84, "EILSEQ");
    public static final Errno EOPNOTSUPP = named(95, "EOPNOTSUPP");
    public static final Errno EADDRINUSE = named(98, "EADDRINUSE");
    public static final Errno ENOBUFS = named(105, "ENOBUFS");
    public static final Errno EISCONN = named(106, "EISCONN");
    public static final Errno ENOTCONN = named(107, "ENOTCONN");
    public static final Errno ETIMEDOUT = named(110, "ETIMEDOUT");
    public static final Errno ECONNREFUSED = named(111, "ECONNREFUSED");
    public static final Errno EALREADY = named(114, "EALREADY");

    private static Errno named(int value, String name) {
        NAMES.put(value, name);
        return new Errno(value);
    }

    /** The symbolic name, such as {@code "ENOMEM"}; {@code "errno 999"} for a number without a known name. */
    public String symbol() {
        return NAMES.getOrDefault(value, "errno " + value);
    }

    @Override
    public String toString() {
        return symbol();
    }
}
