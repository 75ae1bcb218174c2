// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.util.SortedMap;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;

/** One process's way to the simulated dom0's kernel. */
final class SimulatedHostDevices implements HostDevices {
    private final HostKernel kernel;
    private final Connection process;

    SimulatedHostDevices(HostKernel kernel, Connection process) {
        this.kernel = kernel;
        this.process = process;
    }

    @Override
    public HostFile file(String path) {
        return process.call("stat", () -> kernel.file(path));
    }

    @Override
    public int freeLoop() {
        return process.call("LOOP_CTL_GET_FREE", kernel::freeLoop);
    }

    @Override
    public void attachLoop(int loop, String file, LoopAccess access) {
        process.run("LOOP_CONFIGURE", () -> kernel.attachLoop(loop, file));
    }

    @Override
    public void detachLoop(int loop) {
        process.run("LOOP_CLR_FD", () -> kernel.detachLoop(loop));
    }

    @Override
    public SortedMap<Integer, String> loops() {
        return process.call("reading /sys/block", kernel::loops);
    }

    @Override
    public boolean linkExists(String link) {
        return process.call("reading /sys/class/net", () -> kernel.linkExists(link));
    }

    @Override
    public void joinBridge(String bridge, String link) {
        process.run("SIOCBRADDIF", () -> kernel.joinBridge(bridge, link));
    }

    @Override
    public void setMtu(String link, int bytes) {
        process.run("SIOCSIFMTU", () -> kernel.setMtu(link, bytes));
    }

    @Override
    public void setHardwareAddress(String link, String address) {
        process.run("SIOCSIFHWADDR", () -> kernel.setAddress(link, address));
    }

    @Override
    public void bringUp(String link) {
        process.run("SIOCSIFFLAGS", () -> kernel.bringUp(link));
    }

    @Override
    public void rename(String link, String newName) {
        process.run("SIOCSIFNAME", () -> kernel.rename(link, newName));
    }

    @Override
    public void close() {
        // The kernel keeps what was made.
    }
}
