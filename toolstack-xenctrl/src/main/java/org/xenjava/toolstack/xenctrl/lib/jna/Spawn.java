// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * Starts programs by posix_spawn(3). Java's own way executes two helpers for each program, since it closes the files of this
 * process in one of them and knows no sessions: under emulation, or on a busy host, they take longer than the program's
 * own start.
 */
final class Spawn {
    private static final int INPUT = 0;
    private static final int OUTPUT = 1;
    private static final int ERROR = 2;
    private static final int FIRST_OTHER = 3;
    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final String POSIX_SPAWN = "posix_spawn";

    /** The character set of paths and words, as Java's ProcessBuilder uses it. */
    private static final Charset CHARSET = Charset.forName(
            System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name()));

    private Spawn() {}

    /** See {@link org.xenjava.toolstack.xenctrl.lib.HostProcesses#startPiped}. */
    static long piped(List<String> program, String variable, List<String> reader) {
        if (!LibSpawn.isComplete()) {
            throw new XenLibException("posix_spawn_file_actions_addclosefrom_np", Errno.ENOSYS);
        }
        int[] pipe = new int[2];
        Result.notNegative("pipe2", LibSpawn.pipe2(pipe, CLOSE_ON_EXEC));
        try (FileDescriptor out = new FileDescriptor(pipe[0]);
                FileDescriptor in = new FileDescriptor(pipe[1])) {
            if (out.number() < FIRST_OTHER || in.number() < FIRST_OTHER) {
                // A standard stream of this process is closed: a copy to one would close another.
                throw new XenLibException(POSIX_SPAWN, Errno.ENOSYS);
            }
            // First: if the program fails to start, the reader finds the end of its input.
            start(reader, List.of(), actions -> {
                succeed(LibSpawn.posix_spawn_file_actions_adddup2(actions, out.number(), INPUT));
                openNull(actions, OUTPUT, FileDescriptor.WRITE_ONLY);
                openNull(actions, ERROR, FileDescriptor.WRITE_ONLY);
            });
            return start(program, List.of(variable), actions -> {
                openNull(actions, INPUT, FileDescriptor.READ_ONLY);
                succeed(LibSpawn.posix_spawn_file_actions_adddup2(actions, in.number(), OUTPUT));
                succeed(LibSpawn.posix_spawn_file_actions_adddup2(actions, in.number(), ERROR));
            });
        }
    }

    private interface Actions {
        void addTo(Pointer actions);
    }

    private static void openNull(Pointer actions, int descriptor, int access) {
        succeed(LibSpawn.posix_spawn_file_actions_addopen(
                actions, descriptor, Native.toByteArray("/dev/null", CHARSET), access, 0));
    }

    private static int start(List<String> words, List<String> variables, Actions streams) {
        try (Memory actions = cleared(LibSpawn.STRUCT_BYTES);
                Memory attributes = cleared(LibSpawn.STRUCT_BYTES);
                Memory mask = cleared(LibSpawn.SIGNAL_SET_BYTES);
                Strings argv = Strings.of(words);
                Strings environment = Strings.environmentWith(variables)) {
            succeed(LibSpawn.posix_spawn_file_actions_init(actions));
            succeed(LibSpawn.posix_spawnattr_init(attributes));
            try {
                streams.addTo(actions);
                succeed(LibSpawn.posix_spawn_file_actions_addclosefrom_np(actions, FIRST_OTHER));
                succeed(LibSpawn.posix_spawnattr_setsigmask(attributes, mask));
                succeed(LibSpawn.posix_spawnattr_setflags(attributes, LibSpawn.EMPTY_MASK_AND_SESSION));
                int[] pid = new int[1];
                succeed(LibSpawn.posix_spawnp(
                        pid, bytes(words.get(0)), actions, attributes, argv.array(), environment.array()));
                awaitEnd(pid[0]);
                return pid[0];
            } finally {
                LibSpawn.posix_spawn_file_actions_destroy(actions);
                LibSpawn.posix_spawnattr_destroy(attributes);
            }
        }
    }

    /** Removes the process from the kernel's table when it has ended, which only its parent can. */
    private static void awaitEnd(int pid) {
        Thread thread = new Thread(
                () -> {
                    int[] status = new int[1];
                    while (LibSpawn.waitpid(pid, status, 0) < 0
                            && Result.lastErrno().equals(Errno.EINTR)) {
                        // A signal for this process.
                    }
                },
                "child-" + pid);
        thread.setDaemon(true);
        thread.start();
    }

    private static void succeed(int error) {
        if (error != 0) {
            throw new XenLibException(POSIX_SPAWN, new Errno(error));
        }
    }

    private static Memory cleared(int bytes) {
        Memory memory = new Memory(bytes);
        memory.clear();
        return memory;
    }

    private static byte[] bytes(String word) {
        if (word.indexOf('\0') >= 0) {
            throw new XenLibException(POSIX_SPAWN, Errno.EINVAL);
        }
        return Native.toByteArray(word, CHARSET);
    }

    /** The C library's functions that start programs: posix_spawn(3), pipe2(2), waitpid(2). */
    private static final class LibSpawn {
        /** {@code POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID}: the empty signal mask, and a session of its own. */
        static final short EMPTY_MASK_AND_SESSION = 0x88;

        /** {@code sizeof(sigset_t)}. */
        static final int SIGNAL_SET_BYTES = 128;

        /** Larger than {@code posix_spawn_file_actions_t} (80) and {@code posix_spawnattr_t} (336). */
        static final int STRUCT_BYTES = 512;

        private static final boolean IS_COMPLETE = load();

        private LibSpawn() {}

        /** Whether the C library can close all files of this process in one that it starts, as glibc can from 2.34 on. */
        static boolean isComplete() {
            return IS_COMPLETE;
        }

        private static boolean load() {
            try {
                Native.register(LibSpawn.class, NativeLibrary.getProcess());
                return true;
            } catch (UnsatisfiedLinkError e) {
                return false;
            }
        }

        static native int pipe2(int[] descriptors, int flags);

        static native int waitpid(int pid, int[] status, int options);

        // The functions below return an error number, and leave errno alone.

        static native int posix_spawnp(
                int[] pid, byte[] file, Pointer actions, Pointer attributes, Pointer words, Pointer environment);

        static native int posix_spawn_file_actions_init(Pointer actions);

        static native int posix_spawn_file_actions_destroy(Pointer actions);

        static native int posix_spawn_file_actions_addopen(
                Pointer actions, int descriptor, byte[] path, int flags, int mode);

        static native int posix_spawn_file_actions_adddup2(Pointer actions, int descriptor, int copy);

        static native int posix_spawn_file_actions_addclosefrom_np(Pointer actions, int first);

        static native int posix_spawnattr_init(Pointer attributes);

        static native int posix_spawnattr_destroy(Pointer attributes);

        static native int posix_spawnattr_setflags(Pointer attributes, short flags);

        static native int posix_spawnattr_setsigmask(Pointer attributes, Pointer mask);
    }

    /**
     * An array of pointers to strings, which ends with a null pointer.
     *
     * @param array the array
     * @param strings what it points to, beside the strings of others
     */
    private record Strings(Memory array, List<Memory> strings) implements AutoCloseable {
        static Strings of(List<String> words) {
            return of(words, List.of());
        }

        /** This process's environment, as the C library has it, with variables in place of its own of these names. */
        static Strings environmentWith(List<String> variables) {
            List<String> names = variables.stream()
                    .map(variable -> variable.substring(0, variable.indexOf('=') + 1))
                    .toList();
            Pointer environ = NativeLibrary.getProcess()
                    .getGlobalVariableAddress("environ")
                    .getPointer(0);
            List<Pointer> kept = new ArrayList<>();
            if (environ != null) {
                for (long i = 0; environ.getPointer(i * Native.POINTER_SIZE) != null; i++) {
                    Pointer entry = environ.getPointer(i * Native.POINTER_SIZE);
                    String text = entry.getString(0, "ISO-8859-1");
                    if (names.stream().noneMatch(text::startsWith)) {
                        kept.add(entry);
                    }
                }
            }
            return of(variables, kept);
        }

        private static Strings of(List<String> words, List<Pointer> others) {
            List<Memory> strings = new ArrayList<>();
            for (String word : words) {
                byte[] text = bytes(word);
                Memory memory = new Memory(text.length);
                memory.write(0, text, 0, text.length);
                strings.add(memory);
            }
            List<Pointer> all = new ArrayList<>(strings);
            all.addAll(others);
            Memory array = cleared((all.size() + 1) * Native.POINTER_SIZE);
            for (int i = 0; i < all.size(); i++) {
                array.setPointer((long) i * Native.POINTER_SIZE, all.get(i));
            }
            return new Strings(array, strings);
        }

        @Override
        public void close() {
            array.close();
            strings.forEach(Memory::close);
        }
    }
}
