// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.wire.ReconnectPolicy;
import org.xenjava.toolstack.xenctrl.lib.wire.XenStoredSocket;

/**
 * The Xen below this JVM. Safe to use from many threads.
 *
 * <p>Libraries other than libxencall are opened at their first use, so each of the accessors may throw {@link
 * XenAccessException} once. Closing waits for calls in flight, ends those that wait for an event, and gives every
 * mapping and hypercall buffer back; whatever is called afterwards throws {@link IllegalStateException}.
 *
 * <p>The libraries get no logger of ours and write some of their errors to standard error, besides the exception.
 *
 * <p>From Java 24 on the JVM warns of native access unless it is started with {@code
 * --enable-native-access=ALL-UNNAMED}.
 */
public final class JnaXen implements XenLibraries {
    private static final Path XENBUS = Path.of("/dev/xen/xenbus");

    private final OnDemand<XenCall> call = new OnDemand<>(JnaXenCall::open, XenCall::close);
    private final OnDemand<XenForeignMemory> foreignMemory =
            new OnDemand<>(JnaForeignMemory::open, XenForeignMemory::close);
    private final OnDemand<XenEventChannels> eventChannels =
            new OnDemand<>(JnaEventChannels::open, XenEventChannels::close);
    private final OnDemand<XenDeviceModel> deviceModel = new OnDemand<>(JnaDeviceModel::open, XenDeviceModel::close);
    private final OnDemand<XenStore> store;

    private final OnDemand<HostDevices> hostDevices = new OnDemand<>(JnaHostDevices::open, HostDevices::close);

    private JnaXen(Supplier<XenStore> storeOpener) {
        store = new OnDemand<>(storeOpener, XenStore::close);
    }

    /**
     * Opens the Xen that this system is dom0 of.
     *
     * @throws XenAccessException if there is none, or it cannot be reached; the message says what to do
     */
    public static XenLibraries open() {
        return open(JnaXen::openStore);
    }

    static XenLibraries open(Supplier<XenStore> storeOpener) {
        JnaXen xen = new JnaXen(storeOpener);
        xen.call();
        return xen;
    }

    /**
     * Opens the xenstore of the guest that this system is, for a device server in it: no other library is opened before it
     * is used.
     *
     * @throws XenAccessException if this system is no guest of Xen; the message says what to do
     */
    public static XenLibraries ofGuest() {
        if (!Files.exists(XENBUS)) {
            throw OpenFailure.ofGuest(XENBUS, Errno.ENOENT);
        }
        JnaXen xen = new JnaXen(JnaXenStore::open);
        xen.store();
        return xen;
    }

    /** Through xenstored's socket; by libxenstore if xenstored runs in a domain of its own. */
    private static XenStore openStore() {
        Optional<XenStoredSocket> socket = XenStoredSocket.find(System.getenv());
        if (socket.isEmpty()) {
            if (OpenFailure.xenStoreRunsInADomain()) {
                return JnaXenStore.open();
            }
            throw OpenFailure.ofXenStore(Errno.ENOENT);
        }
        try {
            return socket.get().open(ReconnectPolicy.standard());
        } catch (XenLibException e) {
            throw OpenFailure.ofXenStore(socket.get().path(), e);
        }
    }

    @Override
    public XenCall call() {
        return call.get();
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return foreignMemory.get();
    }

    @Override
    public XenEventChannels eventChannels() {
        return eventChannels.get();
    }

    @Override
    public XenDeviceModel deviceModel() {
        return deviceModel.get();
    }

    @Override
    public XenStore store() {
        return store.get();
    }

    @Override
    public HostDevices hostDevices() {
        return hostDevices.get();
    }

    @Override
    public void close() {
        List.of(hostDevices, store, deviceModel, eventChannels, foreignMemory, call)
                .forEach(OnDemand::close);
    }
}
