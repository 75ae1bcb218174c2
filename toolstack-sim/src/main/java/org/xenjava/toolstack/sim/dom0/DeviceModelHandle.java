// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;

/** libxendevicemodel of one process. Requests are checked; those that concern memory populate it. */
final class DeviceModelHandle implements XenDeviceModel {
    private static final int MAX_IOREQ_SERVERS = 8;

    private final Machine machine;
    private final MachineEntry entry;

    DeviceModelHandle(MachineEntry entry) {
        this.entry = entry;
        this.machine = entry.machine();
    }

    @Override
    public void shutdown(int domid, int reason) {
        entry.run("xendevicemodel_shutdown", () -> machine.shutDown(hvm(domid), reason & 0xff));
    }

    @Override
    public int nrVcpus(int domid) {
        return entry.call("xendevicemodel_nr_vcpus", () -> hvm(domid).maxVcpus());
    }

    @Override
    public int createIoreqServer(int domid, int bufferedIoreqMode) {
        return entry.call("xendevicemodel_create_ioreq_server", () -> {
            XenDomain domain = hvm(domid);
            int id = domain.ioreqServers().nextClearBit(0);
            if (id >= MAX_IOREQ_SERVERS) {
                throw new XenRefusal(Errno.ENOSPC);
            }
            domain.ioreqServers().set(id);
            return id;
        });
    }

    @Override
    public void destroyIoreqServer(int domid, int id) {
        entry.run(
                "xendevicemodel_destroy_ioreq_server",
                () -> withServer(domid, id).ioreqServers().clear(id));
    }

    @Override
    public void setIoreqServerState(int domid, int id, int enabled) {
        entry.run("xendevicemodel_set_ioreq_server_state", () -> withServer(domid, id));
    }

    @Override
    public void mapIoRange(int domid, int id, int isMmio, long start, long end) {
        entry.run("xendevicemodel_map_io_range_to_ioreq_server", () -> range(domid, id, start, end));
    }

    @Override
    public void unmapIoRange(int domid, int id, int isMmio, long start, long end) {
        entry.run("xendevicemodel_unmap_io_range_from_ioreq_server", () -> range(domid, id, start, end));
    }

    private void range(int domid, int id, long start, long end) {
        withServer(domid, id);
        if (Long.compareUnsigned(start, end) > 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
    }

    @Override
    public void setPciIntxLevel(int domid, int segment, int bus, int device, int intx, int level) {
        entry.run("xendevicemodel_set_pci_intx_level", () -> hvm(domid));
    }

    @Override
    public void setIsaIrqLevel(int domid, int irq, int level) {
        entry.run("xendevicemodel_set_isa_irq_level", () -> hvm(domid));
    }

    @Override
    public void setPciLinkRoute(int domid, int link, int irq) {
        entry.run("xendevicemodel_set_pci_link_route", () -> hvm(domid));
    }

    @Override
    public void injectMsi(int domid, long address, int data) {
        entry.run("xendevicemodel_inject_msi", () -> hvm(domid));
    }

    @Override
    public void modifiedMemory(int domid, long firstGfn, int pages) {
        entry.run("xendevicemodel_modified_memory", () -> hvm(domid));
    }

    @Override
    public void setMemType(int domid, int type, long firstGfn, int pages) {
        entry.run("xendevicemodel_set_mem_type", () -> {
            XenDomain domain = hvm(domid);
            for (long gfn = firstGfn; gfn < firstGfn + pages; gfn++) {
                domain.memory().touch(gfn, Actor.DOM0);
            }
        });
    }

    @Override
    public void pinMemoryCacheAttribute(int domid, long firstGfn, long lastGfn, int type) {
        entry.run("xendevicemodel_pin_memory_cacheattr", () -> hvm(domid));
    }

    private XenDomain hvm(int domid) {
        XenDomain domain = machine.require(domid);
        if (!domain.isHvm()) {
            throw new XenRefusal(Errno.EINVAL);
        }
        return domain;
    }

    private XenDomain withServer(int domid, int id) {
        XenDomain domain = hvm(domid);
        if (id < 0 || !domain.ioreqServers().get(id)) {
            throw new XenRefusal(Errno.ENOENT);
        }
        return domain;
    }

    @Override
    public void close() {
        // The handle has no state of its own.
    }
}
