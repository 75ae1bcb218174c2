// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;

/** One process's access to the simulated dom0's kernel. */
final class KernelHandle implements HostDevices {
    private final HostKernel kernel;
    private final PciSysfs sysfs;
    private final UsbSysfs usb;
    private final MachineEntry entry;

    KernelHandle(HostKernel kernel, PciSysfs sysfs, UsbSysfs usb, MachineEntry entry) {
        this.kernel = kernel;
        this.sysfs = sysfs;
        this.usb = usb;
        this.entry = entry;
    }

    @Override
    public HostFile file(String path) {
        return entry.call("stat", () -> kernel.file(path));
    }

    @Override
    public int freeLoop() {
        return entry.call("LOOP_CTL_GET_FREE", kernel::freeLoop);
    }

    @Override
    public void attachLoop(int loop, String file, LoopAccess access) {
        entry.run("LOOP_CONFIGURE", () -> kernel.attachLoop(loop, file));
    }

    @Override
    public void detachLoop(int loop) {
        entry.run("LOOP_CLR_FD", () -> kernel.detachLoop(loop));
    }

    @Override
    public SortedMap<Integer, String> loops() {
        return entry.call("reading /sys/block", kernel::loops);
    }

    @Override
    public boolean linkExists(String link) {
        return entry.call("reading /sys/class/net", () -> kernel.linkExists(link));
    }

    @Override
    public void joinBridge(String bridge, String link) {
        entry.run("SIOCBRADDIF", () -> kernel.joinBridge(bridge, link));
    }

    @Override
    public void setMtu(String link, int bytes) {
        entry.run("SIOCSIFMTU", () -> kernel.setMtu(link, bytes));
    }

    @Override
    public void setHardwareAddress(String link, String address) {
        entry.run("SIOCSIFHWADDR", () -> kernel.setAddress(link, address));
    }

    @Override
    public void bringUp(String link) {
        entry.run("SIOCSIFFLAGS", () -> kernel.bringUp(link));
    }

    @Override
    public void rename(String link, String newName) {
        entry.run("SIOCSIFNAME", () -> kernel.rename(link, newName));
    }

    @Override
    public Optional<String> kernelAttribute(String path) {
        return entry.call("reading /sys", () -> isUsb(path) ? usb.read(path) : sysfs.read(path));
    }

    @Override
    public Optional<String> kernelLink(String path) {
        return entry.call("readlink", () -> isUsb(path) ? usb.link(path) : sysfs.link(path));
    }

    @Override
    public List<String> kernelEntries(String path) {
        return entry.call("opendir", () -> isUsb(path) ? usb.entries(path) : sysfs.entries(path));
    }

    @Override
    public void setKernelAttribute(String path, String text) {
        entry.run("write /sys/" + path, () -> {
            if (isUsb(path)) {
                usb.write(path, text);
            } else {
                sysfs.write(path, text);
            }
        });
    }

    private static boolean isUsb(String path) {
        return path.startsWith(UsbSysfs.ROOT);
    }

    @Override
    public void close() {
        // Devices and interfaces outlive the process.
    }
}
