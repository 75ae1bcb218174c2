// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.replay.TinyKernel;

/**
 * A guest that is built by all toolstacks.
 *
 * @param title in the tables
 * @param file its xl.cfg
 * @param json the same guest as libxl's JSON
 */
record BenchGuest(String title, Path file, Path json) {
    private static final int MIB = 1 << 20;
    private static final String LINUX =
            """
            ramdisk = "/lab/guest/initrd.gz"
            extra = "console=hvc0 quiet"
            """;

    private static final String HVM =
            """
            type = "hvm"
            memory = 192
            vga = "none"
            vnc = 0
            vcpus = 1
            """;

    /** Writes guests' files into a directory of dom0. */
    static final class Maker {
        private final Path directory;
        private final LibxlBench libxl;

        Maker(Path directory, LibxlBench libxl) {
            this.directory = directory;
            this.libxl = libxl;
            write("small.elf", TinyKernel.filled(MIB));
            // At 1 MiB, since the guest has 8.
            write("tiny.elf", new TinyKernel(MIB, 4096, MIB).elf());
        }

        BenchGuest small() {
            return pvh("small", "PVH PoD 256/512, kernel of 1 MiB", 256, 512, kernel(directory.resolve("small.elf")));
        }

        BenchGuest vmlinux() {
            return pvh("vmlinux", "PVH PoD 256/512, Debian's vmlinux", 256, 512, kernel("/lab/guest/vmlinux") + LINUX);
        }

        BenchGuest bzImage() {
            return pvh("bzimage", "PVH PoD 256/512, Debian's bzImage", 256, 512, kernel("/lab/guest/vmlinuz") + LINUX);
        }

        BenchGuest withDevices() {
            return pvh(
                    "devices",
                    "PVH PoD 256/512, kernel of 1 MiB, two disks and a card",
                    256,
                    512,
                    kernel(directory.resolve("small.elf")) + "disk = [ \"" + disk("a") + ",raw,xvda,rw\", \""
                            + disk("b") + ",raw,xvdb,rw\" ]\nvif = [ \"bridge=xenbr0\" ]\n");
        }

        BenchGuest hvm() {
            return guest("hvm", "HVM 192, no screen", HVM);
        }

        /** An HVM guest whose QEMU is not confined, as with libxl. */
        BenchGuest hvmAsRoot() {
            return guest("hvm-root", "HVM 192, no screen, QEMU not confined", HVM + "dm_restrict = 0\n");
        }

        /** Of which many live at once. */
        BenchGuest tiny() {
            return pvh("tiny", "PVH of 8 MiB", 8, 8, kernel(directory.resolve("tiny.elf")));
        }

        private BenchGuest pvh(String name, String title, int memory, int maximum, String rest) {
            return guest(
                    name,
                    title,
                    "type = \"pvh\"\nmemory = %d\nmaxmem = %d\nvcpus = 1\n%s".formatted(memory, maximum, rest));
        }

        private BenchGuest guest(String name, String title, String text) {
            Path file = write(name + ".cfg", ("name = \"" + name + "\"\n" + text).getBytes());
            libxl.run("xl -N create " + file);
            // In front of the JSON, xl prints the name of the file.
            String printed = libxl.output();
            JsonObject answer = JsonParser.parseString(printed.substring(printed.indexOf('{')))
                    .getAsJsonObject();
            JsonObject config = answer.has("config") ? answer.getAsJsonObject("config") : answer;
            return new BenchGuest(
                    title, file, write(name + ".json", config.toString().getBytes()));
        }

        private static String kernel(Object path) {
            return "kernel = \"" + path + "\"\n";
        }

        private Path disk(String name) {
            Path file = directory.resolve("disk-" + name);
            try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
                disk.setLength(MIB);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return file;
        }

        private Path write(String name, byte[] content) {
            try {
                return Files.write(directory.resolve(name), content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    DomainConfig config(String name) {
        return XlConfigReader.read(file, List.of("name=\"" + name + "\"")).config();
    }
}
