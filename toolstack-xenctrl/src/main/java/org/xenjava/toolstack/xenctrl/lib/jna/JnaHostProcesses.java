// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.nio.file.Path;
import java.util.List;
import org.xenjava.toolstack.xenctrl.lib.HostProcesses;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.ProcessPin;

/** The processes of this machine. */
public final class JnaHostProcesses implements HostProcesses {
    private JnaHostProcesses() {}

    /**
     * {@return the processes of this machine}
     *
     * @throws org.xenjava.toolstack.xenctrl.lib.XenAccessException if JNA does not work here
     */
    public static HostProcesses open() {
        SharedLibrary.loadLibc();
        return new JnaHostProcesses();
    }

    @Override
    public ProcessPin pin(long pid) {
        return PidFd.open(pid);
    }

    @Override
    public LocalConnection connect(Path socket) {
        return LocalSocket.connect(socket);
    }

    @Override
    public long startPiped(List<String> program, String variable, List<String> reader) {
        return Spawn.piped(program, variable, reader);
    }
}
