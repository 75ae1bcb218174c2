// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.device.plan.Keyboards;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.AttachedChannel;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedKeyboard;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.store.StoreClient;

/** Lists a domain's devices from xenstore: settings from the toolstack's copy, states from the front and back ends. */
final class DeviceList {
    private final StoreClient store;
    private final DeviceTree tree;
    private final BackendStates states;

    DeviceList(StoreClient store, DeviceTree tree, BackendStates states) {
        this.store = store;
        this.tree = tree;
        this.states = states;
    }

    List<AttachedDisk> disks(int domid) {
        return all(domid, PvDevice.DISK, this::disk);
    }

    List<AttachedNic> nics(int domid) {
        return all(domid, PvDevice.CARD, this::nic);
    }

    List<AttachedChannel> channels(int domid) {
        return all(domid, PvDevice.CONSOLE, this::channel);
    }

    List<AttachedKeyboard> keyboards(int domid) {
        return all(domid, PvDevice.KEYBOARD, this::keyboard);
    }

    /** The keyboards as a configuration describes them. */
    List<OtherDevice> describedKeyboards(int domid) {
        return all(domid, PvDevice.KEYBOARD, device -> Keyboards.described(name -> setting(device, name)));
    }

    AttachedKeyboard keyboard(PvDevice device) {
        return new AttachedKeyboard(
                device.devid(),
                Optional.of(setting(device, "unique-id")).filter(id -> !id.isEmpty()),
                states.ofFront(device),
                states.of(device),
                front(device, "event-channel"),
                front(device, "page-gref"),
                device.backPath());
    }

    private <T> List<T> all(int domid, String kind, Function<PvDevice, T> description) {
        return tree.devices(domid, kind).stream()
                .sorted(Comparator.comparing(PvDevice::devid))
                .map(description)
                .toList();
    }

    private AttachedDisk disk(PvDevice device) {
        return new AttachedDisk(
                device.devid(),
                setting(device, "dev"),
                device.backend(),
                setting(device, "params"),
                setting(device, "mode"),
                setting(device, "device-type"),
                states.ofFront(device),
                states.of(device),
                front(device, "event-channel"),
                front(device, "ring-ref"),
                device.backPath(),
                problem(device));
    }

    private AttachedNic nic(PvDevice device) {
        return new AttachedNic(
                device.devid(),
                setting(device, "mac"),
                setting(device, "bridge"),
                setting(device, "type"),
                states.ofFront(device),
                states.of(device),
                front(device, "event-channel"),
                front(device, "tx-ring-ref"),
                front(device, "rx-ring-ref"),
                device.backPath(),
                problem(device));
    }

    /** A driver domain that has ended took its back ends with it; the guest keeps a dead device. */
    private Optional<String> problem(PvDevice device) {
        return states.problem(device)
                .or(() -> Optional.of("domain " + device.server() + " does not serve the device any more")
                        .filter(text -> !device.isLocal() && states.isGone(device)));
    }

    /** QEMU writes the path of a terminal that it has made into the front end's directory, which the guest only reads. */
    private AttachedChannel channel(PvDevice device) {
        String connection = setting(device, "connection");
        Optional<String> path = connection.equals("socket")
                ? Optional.of(setting(device, "path"))
                : store.read(device.frontPath() + "/tty");
        return new AttachedChannel(
                device.devid(),
                setting(device, "name"),
                connection,
                path.filter(text -> !text.isEmpty()),
                states.ofFront(device),
                states.of(device),
                front(device, "port"),
                front(device, "ring-ref"),
                device.backPath());
    }

    private String setting(PvDevice device, String name) {
        return store.read(device.libxlPath() + "/" + name).orElse("");
    }

    private Optional<Long> front(PvDevice device, String name) {
        return store.readLong(device.frontPath() + "/" + name);
    }
}
