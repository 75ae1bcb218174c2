// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.trace;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** The five libraries on one tape. */
final class TapedLibraries implements XenLibraries {
    private final Tape tape;
    private final XenCall call;
    private final XenForeignMemory foreignMemory;
    private final XenEventChannels eventChannels;
    private final XenDeviceModel deviceModel;
    private final XenStore store;

    /** Decodes hypercalls as that Xen's; leaves their arguments raw if its layouts are not known. */
    TapedLibraries(Tape tape, Optional<XenAbi> abi, Contents contents) {
        this.tape = tape;
        this.call = new TapedCall(tape, abi);
        this.foreignMemory = new TapedForeignMemory(tape, contents);
        this.eventChannels = new TapedEventChannels(tape);
        this.deviceModel = new TapedDeviceModel(tape);
        this.store = new TapedStore(tape);
    }

    @Override
    public XenCall call() {
        return call;
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return foreignMemory;
    }

    @Override
    public XenEventChannels eventChannels() {
        return eventChannels;
    }

    @Override
    public XenDeviceModel deviceModel() {
        return deviceModel;
    }

    @Override
    public XenStore store() {
        return store;
    }

    @Override
    public boolean isSimulation() {
        return tape.isSimulation();
    }

    @Override
    public void close() {
        tape.close();
    }
}
