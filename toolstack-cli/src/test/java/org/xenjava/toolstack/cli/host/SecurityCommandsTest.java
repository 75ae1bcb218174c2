// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

class SecurityCommandsTest {
    private static final Outcome DONE = new Outcome(0, "", "");

    private final Prompt prompt = Prompt.on(
            SimulatedXen.builder().commandLine("dom0_mem=1536M flask=enforcing").build());

    @Test
    void theModeIsPrintedAndSet() {
        assertEquals("Enforcing\n", prompt.run("getenforce").out());
        assertEquals(DONE, prompt.run("setenforce", "permissive"));
        assertEquals(new Outcome(0, "Permissive\n", ""), prompt.run("getenforce"));
        assertEquals(DONE, prompt.run("setenforce", "1"));
        assertEquals("Enforcing\n", prompt.run("getenforce").out());
        assertEquals(2, prompt.run("setenforce", "maybe").status());
    }

    @Test
    void aPolicyIsLoadedUnlessXenRefusesIt(@TempDir Path directory) throws IOException {
        Path policy =
                Files.write(directory.resolve("policy"), new byte[] {(byte) 0x8c, (byte) 0xff, 0x7c, (byte) 0xf9});
        Path text = Files.writeString(directory.resolve("text"), "allow everything");
        assertEquals(DONE, prompt.run("loadpolicy", policy.toString()));
        Outcome refused = prompt.run("loadpolicy", text.toString());
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("EINVAL"), refused.err());
        assertEquals(
                new Outcome(1, "", "xlj: /nowhere/policy: no such file\n"),
                prompt.run("loadpolicy", "/nowhere/policy"));
    }

    @Test
    void aGuestHasTheLabelOfItsConfiguration(@TempDir Path directory) {
        String file =
                new GuestFiles(directory).config("g", "memory=64", "seclabel='system_u:system_r:isolated_domU_t'");
        Outcome created = prompt.run("create", "-p", file);
        assertEquals(0, created.status(), created.err());
        String list = prompt.run("list", "-Z", "g").out();
        assertTrue(list.contains("system_u:system_r:isolated_domU_t"), list);
        Outcome refused =
                prompt.run("create", "-p", new GuestFiles(directory).config("h", "memory=64", "seclabel='a:b:c'"));
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("'a:b:c' for a label of its policy: EINVAL"), refused.err());
        Prompt without = Prompt.on(SimulatedXen.create());
        assertEquals(0, without.run("create", "-p", file).status());
    }

    @Test
    void aXenWithoutFlaskSaysSo(@TempDir Path directory) throws IOException {
        Prompt without = Prompt.on(SimulatedXen.create());
        Path policy = Files.write(directory.resolve("policy"), new byte[4]);
        assertEquals(new Outcome(1, "Flask XSM Disabled\n", ""), without.run("getenforce"));
        for (Outcome outcome :
                new Outcome[] {without.run("setenforce", "0"), without.run("loadpolicy", policy.toString())}) {
            assertEquals(1, outcome.status());
            assertTrue(outcome.err().contains("this Xen runs without Flask"), outcome.err());
        }
    }
}
