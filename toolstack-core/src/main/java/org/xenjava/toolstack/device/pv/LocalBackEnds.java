// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.device.plan.DiskNodes;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/**
 * Connects the devices that the kernel of this domain serves to its disks and bridges, with the effects of Xen's scripts
 * {@code block} and {@code vif-bridge}.
 */
public final class LocalBackEnds {
    private static final int LOOP_MAJOR = 7;
    private static final int LONGEST_NAME = 15;

    private final HostDevices kernel;
    private final LoopDevices loops;

    /**
     * @param kernel the kernel of this domain
     * @param store connected as this domain
     */
    public LocalBackEnds(HostDevices kernel, StoreClient store) {
        this.kernel = kernel;
        this.loops = new LoopDevices(kernel, store);
    }

    /**
     * The parameters of a card.
     *
     * @param name the name of its interface; empty for the name that the kernel gives it
     * @param bridge the bridge that the interface joins
     * @param mtu the largest payload in bytes, if it is not the default
     */
    public record Card(Optional<String> name, String bridge, OptionalInt mtu) {}

    /**
     * Names the file or block device behind a path, in the same way for each path to it.
     *
     * @param path an absolute path
     * @throws DeviceException if there is neither
     */
    public String identity(PvDevice device, String path) {
        HostFile what = kernel.file(path);
        if (what instanceof HostFile.BlockDevice block && block.major() == LOOP_MAJOR) {
            what = Optional.ofNullable(kernel.loops().get(block.minor()))
                    .map(kernel::file)
                    .orElse(block);
        }
        if (what instanceof HostFile.Regular file) {
            return "file " + file.device() + "/" + file.inode();
        }
        if (what instanceof HostFile.BlockDevice block) {
            return "block " + block.physicalDevice();
        }
        throw new DeviceException("attaching " + device + ": there is no file or block device " + path);
    }

    /**
     * Makes a block device of the target of a disk, or finds it.
     *
     * @param note records the path of a loop device before the file is attached to it
     * @return the nodes with which the kernel's back end connects
     * @throws DeviceException if there is no such target, or the kernel refuses it
     */
    public Map<String, String> open(PvDevice device, String path, Access access, Consumer<String> note) {
        if (kernel.file(path) instanceof HostFile.BlockDevice block) {
            return DiskNodes.physicalDevice(block, path);
        }
        String node = loops.attach(device, path, access, note::accept);
        if (kernel.file(node) instanceof HostFile.BlockDevice loop) {
            Map<String, String> nodes = new LinkedHashMap<>(Map.of("node", node));
            nodes.putAll(DiskNodes.physicalDevice(loop, node));
            return nodes;
        }
        throw new DeviceException("attaching " + device + ": " + node + " has no device file");
    }

    /**
     * Detaches the file of a disk from its loop device. A loop device that has another file by now stays.
     *
     * @param node the path of the loop device
     * @param file the file that was attached
     */
    public void close(PvDevice device, String node, String file) {
        loops.detach(device, node, file);
    }

    /** {@return the name that the kernel gives to the interface of a card} */
    public static String link(PvDevice device) {
        return "vif" + device.domid() + "." + device.devid();
    }

    /**
     * Joins the interface of a card to its bridge.
     *
     * @throws DeviceException if there is no such interface or bridge, or the kernel refuses a change
     */
    public void connect(PvDevice device, Card card) {
        String attempt = "attaching " + device;
        String given = link(device);
        String link = card.name().orElse(given);
        if (card.bridge().isEmpty()) {
            throw new DeviceException(attempt + ": its nodes name no bridge");
        }
        if (link.length() > LONGEST_NAME) {
            throw new DeviceException(
                    attempt + ": vifname=" + link + " is longer than " + LONGEST_NAME + " characters");
        }
        if (!kernel.linkExists(card.bridge())) {
            throw new DeviceException(attempt + ": this domain has no bridge " + card.bridge());
        }
        KernelCalls.run(attempt, () -> {
            // An interrupted attempt may have renamed the interface.
            if (!link.equals(given) && kernel.linkExists(given)) {
                kernel.rename(given, link);
            }
            card.mtu().ifPresent(bytes -> kernel.setMtu(link, bytes));
            kernel.joinBridge(card.bridge(), link);
            kernel.bringUp(link);
        });
    }
}
