// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * Real libxl's own calls, recorded on Xen 4.17.7, made on the simulated Xen: every answer, to the byte, and every
 * counter in between must be what real Xen gave.
 */
class LibxlOnTheSimulationTest {
    private static List<String> lines(String resource) throws IOException {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                LibxlOnTheSimulationTest.class.getResourceAsStream(resource), StandardCharsets.UTF_8))) {
            return in.lines().toList();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "libxl-pvh-256-512.jsonl, 1, 319",
        "libxl-hvm-256-512.jsonl, 2, 287",
        "libxl-pvh-1000-1537.jsonl, 4, 242",
        "libxl-pvh-mem-set.jsonl, 7, 292",
        "libxl-out-of-memory.jsonl, 10, 87",
        "libxl-claim-refused.jsonl, 20, 87"
    })
    void theSimulationAnswersLibxlAsXenDid(String recording, int domid, int calls) throws IOException {
        RecordedCalls recorded = new RecordedCalls(SimulatedXen.create());
        recorded.makeNextDomid(domid);
        List<String> all = lines(recording);
        all.forEach(recorded::repeat);
        assertEquals(calls, all.size());
    }

    @Test
    void libxlLeavesTheRecordedTreeInXenstore() throws IOException {
        SimulatedXen machine = SimulatedXen.create();
        lines("libxl-pvh-256-512.jsonl").forEach(new RecordedCalls(machine)::repeat);
        XenStore store = machine.connect().store();
        List<String> dump = new ArrayList<>();
        for (String top : List.of("/local/domain/0/backend/console/1", "/local/domain/1", "/vm", "/libxl")) {
            dump(store, top, dump);
        }
        dump.removeIf(line -> line.startsWith("/vm =") || line.startsWith("/libxl ="));
        List<String> expected = lines("libxl-pvh-256-512.xenstore.txt").stream()
                .filter(line -> !line.isBlank())
                .sorted()
                .toList();
        assertEquals(
                String.join("\n", expected),
                String.join("\n", dump.stream().sorted().toList()));
    }

    private static void dump(XenStore store, String path, List<String> into) {
        String value = new String(store.read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8);
        List<String> permissions = new ArrayList<>();
        for (XenStorePermission permission : store.getPermissions(XenStore.NO_TRANSACTION, path)) {
            permissions.add("nrwb".charAt(permission.access()) + Integer.toString(permission.domid()));
        }
        into.add(path + " = \"" + value + "\"   (" + String.join(",", permissions) + ")");
        for (String child : store.directory(XenStore.NO_TRANSACTION, path)) {
            dump(store, path + "/" + child, into);
        }
    }

    @Test
    void theConsoleHasXensLineOfTheCrash() throws IOException {
        SimulatedXen machine = SimulatedXen.create();
        RecordedCalls recorded = new RecordedCalls(machine);
        recorded.makeNextDomid(10);
        lines("libxl-out-of-memory.jsonl").forEach(recorded::repeat);
        assertTrue(machine.console()
                .contains("p2m_pod_set_cache_target: Unable to allocate page for PoD cache (target=2304000 cache="));
        assertEquals(0, Xenctrl.open(machine.connect()).host().physInfo().freePages());
    }

    @Test
    void aDifferentAnswerFailsTheComparison() throws IOException {
        RecordedCalls recorded = new RecordedCalls(SimulatedXen.create());
        String wrong = lines("libxl-pvh-256-512.jsonl").stream()
                .filter(line -> line.contains("\"counters\":[65536,65536,0]"))
                .findFirst()
                .orElseThrow();
        assertThrows(HypercallException.class, () -> recorded.repeat(wrong));
        assertThrows(
                XenLibException.class,
                () -> recorded.repeat("{\"xs\":\"read\",\"t\":0,\"path\":\"/x\",\"value\":\"\"}"));
    }
}
