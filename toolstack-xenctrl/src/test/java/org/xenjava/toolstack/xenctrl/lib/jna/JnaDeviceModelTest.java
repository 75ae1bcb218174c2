// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

class JnaDeviceModelTest {
    private static final long A = 0xFEDCBA9876543210L;

    private FakeXen fake;
    private XenDeviceModel model;

    @BeforeEach
    void open() {
        fake = FakeXen.fresh();
        model = JnaDeviceModel.open();
        assertEquals(List.of("xendevicemodel_open((nil), 0)"), fake.log());
    }

    @AfterEach
    void close() {
        if (model != null) {
            model.close();
        }
    }

    static Stream<Arguments> calls() {
        return Stream.of(
                call("shutdown(32751 3)", m -> m.shutdown(0x7FEF, 3)),
                call("nr_vcpus(5)", m -> m.nrVcpus(5)),
                call("create_ioreq_server(5 2)", m -> m.createIoreqServer(5, 2)),
                call("destroy_ioreq_server(5 65535)", m -> m.destroyIoreqServer(5, 0xFFFF)),
                call("set_ioreq_server_state(5 65534 1)", m -> m.setIoreqServerState(5, 0xFFFE, 1)),
                call(
                        "map_io_range_to_ioreq_server(5 1 1 0xfedcba9876543210 0xffffffffffffffff)",
                        m -> m.mapIoRange(5, 1, 1, A, -1)),
                call("unmap_io_range_from_ioreq_server(5 1 0 0xcf8 0xcff)", m -> m.unmapIoRange(5, 1, 0, 0xCF8, 0xCFF)),
                call("set_pci_intx_level(5 65535 255 31 3 1)", m -> m.setPciIntxLevel(5, 0xFFFF, 0xFF, 31, 3, 1)),
                call("set_isa_irq_level(5 255 1)", m -> m.setIsaIrqLevel(5, 0xFF, 1)),
                call("set_pci_link_route(5 3 255)", m -> m.setPciLinkRoute(5, 3, 0xFF)),
                call("inject_msi(5 0xfedcba9876543210 0xfffffffe)", m -> m.injectMsi(5, A, -2)),
                call("modified_memory(5 0xfedcba9876543210 64)", m -> m.modifiedMemory(5, A, 64)),
                call("set_mem_type(5 4 0xfedcba9876543210 64)", m -> m.setMemType(5, 4, A, 64)),
                call(
                        "pin_memory_cacheattr(5 0xfedcba9876543210 0xfedcba9876543211 6)",
                        m -> m.pinMemoryCacheAttribute(5, A, A + 1, 6)));
    }

    private static Arguments call(String seenByC, Consumer<XenDeviceModel> call) {
        return Arguments.of("xendevicemodel_" + seenByC, call);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("calls")
    void everyArgumentArrivesWhole(String seenByC, Consumer<XenDeviceModel> call) {
        call.accept(model);
        assertEquals(List.of(seenByC), fake.log());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("calls")
    void everyFailureCarriesTheFunctionAndErrno(String seenByC, Consumer<XenDeviceModel> call) {
        fake.next(-1, Errno.EOPNOTSUPP);
        XenLibException failure = assertThrows(XenLibException.class, () -> call.accept(model));
        assertEquals(Errno.EOPNOTSUPP, failure.errno());
        assertEquals(seenByC.substring(0, seenByC.indexOf('(')), failure.function());
    }

    @Test
    void idsAreUnsigned() {
        assertEquals(0xFFFE, model.createIoreqServer(5, 0));
    }

    @Test
    void theNumberOfVcpusIsReturned() {
        assertEquals(128, model.nrVcpus(5));
    }

    @Test
    void aNumberThatCWouldTruncateIsRefused() {
        Stream.<Consumer<XenDeviceModel>>of(
                        m -> m.shutdown(0x10005, 0),
                        m -> m.shutdown(-1, 0),
                        m -> m.destroyIoreqServer(5, 0x10000),
                        m -> m.setPciIntxLevel(5, 0x10000, 0, 0, 0, 0),
                        m -> m.setPciIntxLevel(5, 0, 0x100, 0, 0, 0),
                        m -> m.setPciIntxLevel(5, 0, 0, 0x100, 0, 0),
                        m -> m.setPciIntxLevel(5, 0, 0, 0, 0x100, 0),
                        m -> m.setIsaIrqLevel(5, 0x100, 0),
                        m -> m.setPciLinkRoute(5, 0x100, 0),
                        m -> m.setPciLinkRoute(5, 0, 0x100),
                        m -> m.setMemType(5, 0x10000, 0, 0))
                .forEach(call -> assertThrows(IllegalArgumentException.class, () -> call.accept(model)));
        assertEquals(List.of(), fake.log());
    }

    @Test
    void afterClosingNothingReachesC() {
        model.close();
        model.close();
        assertThrows(IllegalStateException.class, () -> model.shutdown(5, 0));
        assertEquals(List.of("xendevicemodel_close(0xc0ffee0000004)"), fake.log());
    }

    @Test
    void withoutThePrivilegeOpeningFailsWithAReason() {
        fake.next(0, Errno.EACCES);
        XenAccessException failure = assertThrows(XenAccessException.class, JnaDeviceModel::open);
        assertEquals(
                "Cannot open /dev/xen/privcmd (EACCES): run as root; in a container, the device must be allowed too",
                failure.getMessage());
    }
}
