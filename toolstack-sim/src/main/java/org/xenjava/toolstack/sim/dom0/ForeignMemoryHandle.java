// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.FrameMapping;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;

/** libxenforeignmemory of one process: mappings of domains' pages. */
final class ForeignMemoryHandle implements XenForeignMemory {
    private static final int SHARED_GRANT_TABLE = 0;

    private final Machine machine;
    private final MachineEntry entry;
    private final List<Mapping> open = new ArrayList<>();

    ForeignMemoryHandle(MachineEntry entry) {
        this.entry = entry;
        this.machine = entry.machine();
    }

    /** One mapping and the action that ends it. */
    private final class Mapping implements MappedPages {
        private final FrameMapping frames;
        private final Protection protection;
        private final Consumer<FrameMapping> unmap;
        private boolean closed;

        private Mapping(FrameMapping frames, Protection protection, Consumer<FrameMapping> unmap) {
            this.frames = frames;
            this.protection = protection;
            this.unmap = unmap;
            open.add(this);
        }

        @Override
        public ByteBuffer bytes() {
            if (closed) {
                throw new IllegalStateException("mapped pages used after close");
            }
            ByteBuffer bytes = frames.bytes();
            return protection == Protection.READ ? bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN) : bytes;
        }

        @Override
        public void close() {
            entry.release("xenforeignmemory_unmap", () -> {
                if (!closed) {
                    closed = true;
                    open.remove(this);
                    unmap.accept(frames);
                }
            });
        }
    }

    @Override
    public MappedPages map(int domid, Protection protection, long... gfns) {
        return entry.call("xenforeignmemory_map", () -> {
            if (gfns.length == 0) {
                throw new XenRefusal(Errno.EINVAL);
            }
            XenDomain domain = machine.require(domid);
            boolean writesTable =
                    protection != Protection.READ && Arrays.stream(gfns).anyMatch(domain.pinnedTables()::contains);
            if (writesTable) {
                throw new XenRefusal(Errno.EBUSY);
            }
            FrameMapping frames = domain.memory().mapForeign(Actor.DOM0, gfns);
            return new Mapping(frames, protection, domain.memory()::unmap);
        });
    }

    @Override
    public MappedPages mapResource(int domid, int type, int id, long frame, int frames, Protection protection) {
        return entry.call("xenforeignmemory_map_resource", () -> {
            XenDomain domain = machine.require(domid);
            if (frames < 1 || id != SHARED_GRANT_TABLE || domain.isDead()) {
                throw new XenRefusal(Errno.EINVAL);
            }
            if (type != MemoryOp.XENMEM_RESOURCE_GRANT_TABLE) {
                throw new XenRefusal(Errno.EOPNOTSUPP);
            }
            long[] mfns = new long[frames];
            for (int i = 0; i < frames; i++) {
                mfns[i] = domain.grants().frame(frame + i);
            }
            return new Mapping(machine.content().map(mfns), protection, mapping -> {
                machine.content().unmap(mapping);
                machine.buryIfGone(domain);
            });
        });
    }

    @Override
    public void close() {
        List.copyOf(open).forEach(Mapping::close);
    }
}
