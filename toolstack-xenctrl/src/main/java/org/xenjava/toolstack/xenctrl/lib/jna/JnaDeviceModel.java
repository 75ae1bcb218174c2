// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.function.LongToIntFunction;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** {@code libxendevicemodel}. */
final class JnaDeviceModel implements XenDeviceModel {
    private final NativeLibrary library;
    private final Handle handle;
    private boolean since1Dot4;

    private JnaDeviceModel(NativeLibrary library, long address) {
        this.library = library;
        handle = new Handle("libxendevicemodel", address, () -> {}, LibXenDeviceModel::xendevicemodel_close);
    }

    static JnaDeviceModel open() {
        NativeLibrary library = SharedLibrary.XENDEVICEMODEL.load();
        long address = LibXenDeviceModel.xendevicemodel_open(0, 0);
        if (address == 0) {
            throw OpenFailure.ofDevice("/dev/xen/privcmd", "xen-privcmd", Result.lastErrno());
        }
        return new JnaDeviceModel(library, address);
    }

    @Override
    public void shutdown(int domid, int reason) {
        call("xendevicemodel_shutdown", domid, h -> LibXenDeviceModel.xendevicemodel_shutdown(h, domid, reason));
    }

    @Override
    public int nrVcpus(int domid) {
        bindSince1Dot4();
        int[] vcpus = new int[1];
        call(
                "xendevicemodel_nr_vcpus",
                domid,
                h -> LibXenDeviceModel.Since1Dot4.xendevicemodel_nr_vcpus(h, domid, vcpus));
        return vcpus[0];
    }

    @Override
    public int createIoreqServer(int domid, int bufferedIoreqMode) {
        short[] id = new short[1];
        call(
                "xendevicemodel_create_ioreq_server",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_create_ioreq_server(h, domid, bufferedIoreqMode, id));
        return Short.toUnsignedInt(id[0]);
    }

    @Override
    public void destroyIoreqServer(int domid, int id) {
        Unsigned.require("id", id, 16);
        call(
                "xendevicemodel_destroy_ioreq_server",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_destroy_ioreq_server(h, domid, id));
    }

    @Override
    public void setIoreqServerState(int domid, int id, int enabled) {
        Unsigned.require("id", id, 16);
        call(
                "xendevicemodel_set_ioreq_server_state",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_set_ioreq_server_state(h, domid, id, enabled));
    }

    @Override
    public void mapIoRange(int domid, int id, int isMmio, long start, long end) {
        Unsigned.require("id", id, 16);
        call(
                "xendevicemodel_map_io_range_to_ioreq_server",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_map_io_range_to_ioreq_server(h, domid, id, isMmio, start, end));
    }

    @Override
    public void unmapIoRange(int domid, int id, int isMmio, long start, long end) {
        Unsigned.require("id", id, 16);
        call(
                "xendevicemodel_unmap_io_range_from_ioreq_server",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_unmap_io_range_from_ioreq_server(
                        h, domid, id, isMmio, start, end));
    }

    @Override
    public void setPciIntxLevel(int domid, int segment, int bus, int device, int intx, int level) {
        Unsigned.require("segment", segment, 16);
        Unsigned.require("bus", bus, 8);
        Unsigned.require("device", device, 8);
        Unsigned.require("intx", intx, 8);
        call(
                "xendevicemodel_set_pci_intx_level",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_set_pci_intx_level(h, domid, segment, bus, device, intx, level));
    }

    @Override
    public void setIsaIrqLevel(int domid, int irq, int level) {
        Unsigned.require("irq", irq, 8);
        call(
                "xendevicemodel_set_isa_irq_level",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_set_isa_irq_level(h, domid, irq, level));
    }

    @Override
    public void setPciLinkRoute(int domid, int link, int irq) {
        Unsigned.require("link", link, 8);
        Unsigned.require("irq", irq, 8);
        call(
                "xendevicemodel_set_pci_link_route",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_set_pci_link_route(h, domid, link, irq));
    }

    @Override
    public void injectMsi(int domid, long address, int data) {
        call(
                "xendevicemodel_inject_msi",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_inject_msi(h, domid, address, data));
    }

    @Override
    public void modifiedMemory(int domid, long firstGfn, int pages) {
        call(
                "xendevicemodel_modified_memory",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_modified_memory(h, domid, firstGfn, pages));
    }

    @Override
    public void setMemType(int domid, int type, long firstGfn, int pages) {
        Unsigned.require("type", type, 16);
        call(
                "xendevicemodel_set_mem_type",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_set_mem_type(h, domid, type, firstGfn, pages));
    }

    @Override
    public void pinMemoryCacheAttribute(int domid, long firstGfn, long lastGfn, int type) {
        call(
                "xendevicemodel_pin_memory_cacheattr",
                domid,
                h -> LibXenDeviceModel.xendevicemodel_pin_memory_cacheattr(h, domid, firstGfn, lastGfn, type));
    }

    @Override
    public void close() {
        handle.close();
    }

    private void call(String function, int domid, LongToIntFunction call) {
        Unsigned.require("domid", domid, 16);
        handle.useFor(h -> Result.notNegative(function, call.applyAsInt(h)));
    }

    private synchronized void bindSince1Dot4() {
        if (!since1Dot4) {
            try {
                Native.register(LibXenDeviceModel.Since1Dot4.class, library);
            } catch (UnsatisfiedLinkError e) {
                throw new XenLibException("xendevicemodel_nr_vcpus", Errno.ENOSYS);
            }
            since1Dot4 = true;
        }
    }
}
