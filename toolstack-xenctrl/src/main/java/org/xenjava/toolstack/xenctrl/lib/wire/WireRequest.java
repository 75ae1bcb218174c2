// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * A request before it has a number.
 *
 * @param op its type
 * @param function the C function of libxenstore that makes such a request, for messages
 * @param payload its payload
 */
record WireRequest(WireOp op, String function, byte[] payload) {
    private static final String ACCESS_LETTERS = "nrwb";
    private static final byte[] NOTHING = new byte[0];

    /**
     * Makes a request of strings.
     *
     * @throws XenLibException EINVAL if a string contains a zero byte, which would end it early; E2BIG if the payload
     *     is too large
     */
    static WireRequest of(WireOp op, String... texts) {
        return of(op, List.of(texts), NOTHING);
    }

    static WireRequest write(String path, byte[] value) {
        return of(WireOp.WRITE, List.of(path), value);
    }

    static WireRequest setPermissions(String path, List<XenStorePermission> permissions) {
        List<String> texts = Stream.concat(Stream.of(path), permissions.stream().map(WireRequest::spell))
                .toList();
        return of(WireOp.SET_PERMISSIONS, texts, NOTHING);
    }

    /** The request on the wire of a request of the interface. */
    static WireRequest of(StoreRequest request) {
        if (request instanceof StoreRequest.Read read) {
            return of(WireOp.READ, read.path());
        } else if (request instanceof StoreRequest.Directory directory) {
            return of(WireOp.DIRECTORY, directory.path());
        } else if (request instanceof StoreRequest.Write write) {
            return write(write.path(), write.value());
        } else if (request instanceof StoreRequest.Mkdir mkdir) {
            return of(WireOp.MKDIR, mkdir.path());
        } else if (request instanceof StoreRequest.Rm rm) {
            return of(WireOp.RM, rm.path());
        } else if (request instanceof StoreRequest.SetPermissions set) {
            return setPermissions(set.path(), set.permissions());
        }
        throw new IllegalArgumentException("no request to xenstored: " + request);
    }

    private static WireRequest of(WireOp op, List<String> texts, byte[] rest) {
        String function = "xs_" + op.name().toLowerCase(Locale.ROOT);
        byte[] payload = WireMessage.strings(texts, rest);
        if (texts.stream().anyMatch(text -> text.indexOf('\0') >= 0)) {
            throw new XenLibException(function, Errno.EINVAL);
        }
        if (payload.length > WireMessage.MAX_PAYLOAD) {
            throw new XenLibException(function, Errno.E2BIG);
        }
        return new WireRequest(op, function, payload);
    }

    /**
     * The answer's message, if it is no refusal.
     *
     * @throws XenLibException the errno with which xenstored refused; EIO if the answer makes no sense
     */
    WireMessage check(WireMessage answer) {
        if (answer.type() == WireOp.ERROR.number()) {
            throw failure(Errno.ofSymbol(answer.text()).orElse(Errno.EIO));
        }
        if (answer.type() != op.number()) {
            throw failure(Errno.EIO);
        }
        return answer;
    }

    /** The answer in the form of the interface. */
    StoreAnswer answer(WireMessage message) {
        check(message);
        return switch (op) {
            case READ -> new StoreAnswer.Value(message.payload());
            case DIRECTORY -> new StoreAnswer.Names(message.strings());
            default -> new StoreAnswer.Done();
        };
    }

    XenLibException failure(Errno errno) {
        return new XenLibException(function, errno);
    }

    private static String spell(XenStorePermission permission) {
        return ACCESS_LETTERS.charAt(permission.access() & 3) + Integer.toString(permission.domid());
    }

    /**
     * Reads the permissions in an answer.
     *
     * @throws XenLibException EIO if there is anything else
     */
    List<XenStorePermission> permissions(WireMessage answer) {
        return check(answer).strings().stream().map(this::permission).toList();
    }

    private XenStorePermission permission(String text) {
        int access = text.isEmpty() ? -1 : ACCESS_LETTERS.indexOf(text.charAt(0));
        if (access < 0) {
            throw failure(Errno.EIO);
        }
        return new XenStorePermission(number(text.substring(1)), access);
    }

    /** Reads a number in an answer. */
    int number(String text) {
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw failure(Errno.EIO);
        }
    }
}
