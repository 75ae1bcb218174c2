// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.XenCallException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.xenctrl.lib.Errno;

class XenParametersTest {
    private static final String READ = "XEN_HYPFS_OP_read";

    private final TestHost host = TestHost.create();

    @AfterEach
    void close() {
        host.close();
    }

    private String value(String name) {
        return host.xen.hypervisorParameter(name).orElseThrow();
    }

    @Test
    void textsAndBooleansAreSet() {
        host.toolstack.setXenParameters(List.of("loglvl=all", "guest_loglvl=none/all", "noglobal-pages"));
        assertEquals("all", value("loglvl"));
        assertEquals("none/all", value("guest_loglvl"));
        assertEquals("0", value("global-pages"));
        host.toolstack.setXenParameters(List.of("global-pages", "conswitch=bx"));
        assertEquals("1", value("global-pages"));
        assertEquals("bx", value("conswitch"));
        host.toolstack.setXenParameters(
                List.of("global-pages=off", "noconsole_timestamps", "loglvl=all", "loglvl=info"));
        assertEquals("0", value("global-pages"));
        assertEquals("no", value("console_timestamps"));
        assertEquals("info", value("loglvl"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            nosuch=1            | Xen cannot change a parameter 'nosuch' while it runs, only console_timestamps, conswitch,
            nosuch              | Xen cannot change a parameter 'such' while it runs, only
            dom0_mem=1G         | others are set on Xen's command line for the next boot
            =1                  | '=1' is not of the form NAME=VALUE
            a/../b=1            | 'a/../b=1' is not of the form NAME=VALUE
            loglvl              | parameter loglvl needs a value: loglvl=VALUE
            global-pages=maybe  | parameter global-pages is yes or no (on or off, true or false, 1 or 0), not 'maybe'
            conswitch=abcdef    | parameter conswitch has at most 4 characters, not the 6 of 'abcdef'
            """)
    void aSettingThatCannotBeMadeIsRefusedBeforeTheFirstIsSet(String setting, String complaint) {
        String message = assertThrows(
                        ConfigException.class, () -> host.toolstack.setXenParameters(List.of("loglvl=all", setting)))
                .getMessage();
        assertTrue(message.contains(complaint), message);
        assertEquals("warning", value("loglvl"));
    }

    @Test
    void aValueThatXenRefusesLeavesTheParameterAsItWas() {
        String message = assertThrows(
                        ConfigException.class,
                        () -> host.toolstack.setXenParameters(List.of("guest_loglvl=all", "loglvl=loud")))
                .getMessage();
        assertTrue(message.contains("Xen refuses that value of parameter loglvl (EINVAL)"), message);
        assertEquals(Optional.of("warning"), host.xen.hypervisorParameter("loglvl"));
        assertEquals("all", value("guest_loglvl"));
    }

    @Test
    void aXenWithoutItsFileSystemSaysSo() {
        host.faults.inject(Fault.nthOf(READ, 1, Errno.ENOSYS));
        String message = assertThrows(
                        DomainStateException.class, () -> host.toolstack.setXenParameters(List.of("loglvl=all")))
                .getMessage();
        assertTrue(message.contains("was built without its file system"), message);
        host.faults.inject(Fault.nthOf(READ, 2, Errno.EPERM));
        assertThrows(XenCallException.class, () -> host.toolstack.setXenParameters(List.of("loglvl=all")));
    }
}
