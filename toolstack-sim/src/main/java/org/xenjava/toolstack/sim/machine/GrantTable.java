// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.sim.memory.HostMemory;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** A domain's grant table (version 1). Its frames belong to Xen and are allocated at the first use. */
public final class GrantTable {
    private static final int MAX_FRAMES = 64;

    private final HostMemory host;
    private final PhysicalMemory content;
    private final StructLayout entryLayout;
    private final List<Long> frames = new ArrayList<>();

    GrantTable(HostMemory host, PhysicalMemory content, StructLayout entryLayout) {
        this.host = host;
        this.content = content;
        this.entryLayout = entryLayout;
    }

    /**
     * The machine frame of a frame of the table.
     *
     * @throws XenRefusal EINVAL beyond the table's limit, ENOMEM if the host has no page
     */
    public long frame(long index) {
        if (index < 0 || index >= MAX_FRAMES) {
            throw new XenRefusal(Errno.EINVAL);
        }
        while (frames.size() <= index) {
            List<HostMemory.Frames> page = host.takeLoose(1);
            if (page.isEmpty()) {
                throw new XenRefusal(Errno.ENOMEM);
            }
            frames.add(page.get(0).first());
        }
        return frames.get((int) index);
    }

    /** Reads an entry. */
    public StructView entry(int reference) {
        int perFrame = PhysicalMemory.PAGE_BYTES / entryLayout.size();
        long mfn = frame(reference / perFrame);
        byte[] bytes = content.read(mfn, reference % perFrame * entryLayout.size(), entryLayout.size());
        return entryLayout.at(ByteBuffer.wrap(bytes), 0);
    }

    /** Whether a frame is mapped: the domain then stays as a zombie. */
    public boolean isMapped() {
        return frames.stream().anyMatch(mfn -> content.isMapped(mfn, 1));
    }

    public void freeAll() {
        for (long mfn : frames) {
            content.clear(mfn, 1);
            host.release(mfn, 1);
        }
        frames.clear();
    }
}
