// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The names that uname(2) gives for dom0's kernel.
 *
 * @param host name of the machine
 * @param release release of the kernel
 * @param version version of the kernel
 * @param machine kind of the hardware
 */
record KernelName(String host, String release, String version, String machine) {
    private static final Path DIRECTORY = Path.of("/proc/sys/kernel");

    static KernelName ofDom0() throws IOException {
        String architecture = System.getProperty("os.arch");
        return new KernelName(
                read("hostname"),
                read("osrelease"),
                read("version"),
                architecture.equals("amd64") ? "x86_64" : architecture);
    }

    private static String read(String name) throws IOException {
        return Files.readString(DIRECTORY.resolve(name)).strip();
    }
}
