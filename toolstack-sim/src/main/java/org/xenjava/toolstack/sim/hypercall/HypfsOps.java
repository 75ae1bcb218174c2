// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.xenjava.toolstack.sim.machine.HypervisorParameters.Kind;
import org.xenjava.toolstack.sim.machine.HypervisorParameters.Parameter;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code hypfs_op}, called by dom0: the directory {@code /params} of Xen's file system and the parameters in it. */
final class HypfsOps {
    private static final int VERSION = 1;
    private static final int GET_VERSION = 0;
    private static final int READ = 1;
    private static final int WRITE_CONTENTS = 2;
    private static final int TYPE_DIRECTORY = 0;
    private static final int TYPE_STRING = 2;
    private static final int TYPE_BOOLEAN = 5;
    private static final int ENTRY_BYTES = 12;
    private static final int CONTENT_LENGTH = 4;
    private static final int ALIGNMENT = 4;
    private static final int LONGEST_PATH = 1024;
    private static final String DIRECTORY = "/params";

    private final Machine machine;

    HypfsOps(Machine machine) {
        this.machine = machine;
    }

    long call(CallerMemory caller, int operation, long path, long pathBytes, long buffer, long bytes) {
        return switch (operation) {
            case GET_VERSION -> VERSION;
            case READ -> read(caller, path(caller, path, pathBytes), buffer, bytes);
            case WRITE_CONTENTS -> {
                parameter(path(caller, path, pathBytes)).write(caller.read(buffer, (int) bytes));
                yield 0;
            }
            default -> throw new XenRefusal(Errno.EOPNOTSUPP);
        };
    }

    private static String path(CallerMemory caller, long address, long bytes) {
        if (bytes < 1 || bytes > LONGEST_PATH) {
            throw new XenRefusal(Errno.EINVAL);
        }
        String text = new String(caller.read(address, (int) bytes), StandardCharsets.US_ASCII);
        if (text.indexOf(0) != bytes - 1) {
            throw new XenRefusal(Errno.EINVAL);
        }
        return text.substring(0, text.length() - 1);
    }

    private Parameter parameter(String path) {
        Parameter found = path.startsWith(DIRECTORY + "/")
                ? machine.parameters().all().get(path.substring(DIRECTORY.length() + 1))
                : null;
        if (found == null) {
            throw new XenRefusal(path.equals(DIRECTORY) ? Errno.EACCES : Errno.ENOENT);
        }
        return found;
    }

    private long read(CallerMemory caller, String path, long buffer, long bytes) {
        boolean directory = path.equals(DIRECTORY);
        byte[] content = directory ? list() : parameter(path).content();
        byte[] entry = directory ? entry(TYPE_DIRECTORY, content.length, 0) : entry(parameter(path));
        if (bytes < ENTRY_BYTES) {
            throw new XenRefusal(Errno.EINVAL);
        }
        caller.write(buffer, entry);
        if (bytes < ENTRY_BYTES + content.length) {
            throw new XenRefusal(Errno.ENOBUFS);
        }
        caller.write(buffer + ENTRY_BYTES, content);
        return 0;
    }

    private byte[] list() {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        String last = machine.parameters().all().lastKey();
        for (Map.Entry<String, Parameter> one : machine.parameters().all().entrySet()) {
            byte[] name = one.getKey().getBytes(StandardCharsets.US_ASCII);
            int size = (ENTRY_BYTES + Short.BYTES + name.length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            ByteBuffer element = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
            element.put(entry(one.getValue()))
                    .putShort((short) (one.getKey().equals(last) ? 0 : size))
                    .put(name);
            list.writeBytes(element.array());
        }
        return list.toByteArray();
    }

    private static byte[] entry(Parameter parameter) {
        return entry(
                parameter.kind() == Kind.BOOLEAN ? TYPE_BOOLEAN : TYPE_STRING,
                parameter.content().length,
                parameter.mostBytes());
    }

    private static byte[] entry(int type, int bytes, int mostBytes) {
        return ByteBuffer.allocate(ENTRY_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) type)
                .putInt(CONTENT_LENGTH, bytes)
                .putInt(CONTENT_LENGTH + Integer.BYTES, mostBytes)
                .array();
    }
}
