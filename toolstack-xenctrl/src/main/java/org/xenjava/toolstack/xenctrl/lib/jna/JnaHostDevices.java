// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** Linux: files and sysfs are read as files, everything else is ioctl. It keeps nothing open. */
final class JnaHostDevices implements HostDevices {
    private static final Path SYSFS_BLOCK = Path.of("/sys/block");
    private static final Path SYSFS_NET = Path.of("/sys/class/net");
    private static final int FILE_TYPE = 0xF000;
    private static final int BLOCK_DEVICE = 0x6000;
    private static final int REGULAR_FILE = 0x8000;

    private JnaHostDevices() {}

    static HostDevices open() {
        SharedLibrary.loadLibc();
        return new JnaHostDevices();
    }

    @Override
    public HostFile file(String path) {
        try {
            Map<String, Object> attributes = Files.readAttributes(Path.of(path), "unix:mode,rdev,dev,ino");
            return fileOf(
                    (int) requireNonNull(attributes.get("mode")),
                    (long) requireNonNull(attributes.get("rdev")),
                    (long) requireNonNull(attributes.get("dev")),
                    (long) requireNonNull(attributes.get("ino")));
        } catch (IOException e) {
            return new HostFile.Absent();
        }
    }

    /**
     * Makes a value of what {@code stat(2)} reports; the parts of {@code device} are in the order of glibc's makedev.
     *
     * @param device {@code st_rdev}
     * @param fileSystem {@code st_dev}
     */
    static HostFile fileOf(int mode, long device, long fileSystem, long inode) {
        return switch (mode & FILE_TYPE) {
            case REGULAR_FILE -> new HostFile.Regular(fileSystem, inode);
            case BLOCK_DEVICE ->
                new HostFile.BlockDevice((int) (device >>> 8 & 0xfff | device >>> 32 & ~0xfffL), (int)
                        (device & 0xff | device >>> 12 & ~0xffL & 0xffff_ffffL));
            default -> new HostFile.Other();
        };
    }

    @Override
    public int freeLoop() {
        return LoopDevice.free();
    }

    @Override
    public void attachLoop(int loop, String file, LoopAccess access) {
        LoopDevice.attach(loop, file, access);
    }

    @Override
    public void detachLoop(int loop) {
        LoopDevice.detach(loop);
    }

    @Override
    public SortedMap<Integer, String> loops() {
        SortedMap<Integer, String> loops = new TreeMap<>();
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(SYSFS_BLOCK, "loop[0-9]*")) {
            for (Path device : devices) {
                Path file = device.resolve("loop/backing_file");
                if (Files.exists(file)) {
                    int loop = Integer.parseInt(device.getFileName().toString().substring("loop".length()));
                    loops.put(
                            loop, Files.readString(file, StandardCharsets.UTF_8).stripTrailing());
                }
            }
        } catch (IOException e) {
            throw new XenLibException("reading " + SYSFS_BLOCK, Errno.EIO);
        }
        return loops;
    }

    @Override
    public boolean linkExists(String link) {
        return Files.exists(SYSFS_NET.resolve(link));
    }

    @Override
    public void joinBridge(String bridge, String link) {
        NetworkLink.joinBridge(bridge, link);
    }

    @Override
    public void setMtu(String link, int bytes) {
        NetworkLink.setMtu(link, bytes);
    }

    @Override
    public void setHardwareAddress(String link, String address) {
        NetworkLink.setHardwareAddress(link, address);
    }

    @Override
    public void bringUp(String link) {
        NetworkLink.bringUp(link);
    }

    @Override
    public void rename(String link, String newName) {
        NetworkLink.rename(link, newName);
    }

    @Override
    public Optional<String> kernelAttribute(String path) {
        return Sysfs.read(path);
    }

    @Override
    public Optional<String> kernelLink(String path) {
        return Sysfs.link(path);
    }

    @Override
    public List<String> kernelEntries(String path) {
        return Sysfs.entries(path);
    }

    @Override
    public void setKernelAttribute(String path, String text) {
        Sysfs.write(path, text);
    }

    @Override
    public void close() {
        // Nothing is kept open.
    }
}
