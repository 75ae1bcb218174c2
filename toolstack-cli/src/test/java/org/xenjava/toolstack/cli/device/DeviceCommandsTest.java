// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

/** Disks, network cards and channels, typed in. */
class DeviceCommandsTest {
    private static final Outcome DONE = new Outcome(0, "", "");
    private static final String DISKS = "Vdev  BE  handle state evt-ch ring-ref BE-path                       \n";
    private static final String CARDS =
            "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       \n";

    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private String image = "";

    @BeforeEach
    void startAGuest(@TempDir Path directory) {
        GuestFiles files = new GuestFiles(directory);
        image = files.write("image", new byte[512]).toString();
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        prompt.run("unpause", "web");
        xen.advance(Duration.ofSeconds(5));
    }

    @Test
    void aDiskIsAttachedListedAsXlDoesAndDetached() {
        assertEquals(DONE, prompt.run("block-attach", "web", image + ",raw,xvdb,w"));
        assertEquals(
                DISKS + "51728 0   1      4     9      8        /local/domain/0/backend/vbd/1/51728\n",
                prompt.run("block-list", "web").out());
        assertEquals(DONE, prompt.run("block-detach", "web", "xvdb"));
        assertEquals(DISKS, prompt.run("block-list", "web").out());
        assertEquals(new Outcome(1, "", "xlj: domain 1 has no disk xvdb\n"), prompt.run("block-detach", "web", "xvdb"));
    }

    @Test
    void aCardIsAttachedListedAsXlDoesAndDetachedByItsAddress() {
        assertEquals(DONE, prompt.run("network-attach", "web", "mac=00:16:3E:01:02:03", "bridge=xenbr0"));
        assertEquals(
                CARDS
                        + "0   0  00:16:3e:01:02:03     0     4      9     8/-1          /local/domain/0/backend/vif/1/0\n",
                prompt.run("network-list", "web").out());
        assertEquals(Set.of("vif1.0"), xen.hostLinks().keySet());
        assertEquals(DONE, prompt.run("network-detach", "web", "00:16:3e:01:02:03"));
        assertEquals(Set.of(), xen.hostLinks().keySet());
    }

    @Test
    void channelsAreListedAsXlDoes(@TempDir Path directory) {
        String header = "Idx BE state evt-ch ring-ref connection                               \n";
        assertEquals(header, prompt.run("channel-list", "web").out());
        String config = new GuestFiles(directory)
                .config(
                        "two",
                        "memory = 64",
                        "channel = ['name=a,connection=pty', 'name=b,connection=socket,path=/run/b']");
        assertEquals(0, prompt.run("create", "-p", config).status());
        prompt.run("unpause", "two");
        xen.advance(Duration.ofSeconds(5));
        assertEquals(
                header
                        + "1   0  4     9      8        pty                                      \n"
                        + "2   0  4     9      8        socket     /run/b                        \n",
                prompt.run("channel-list", "two").out());
        JsonObject channel = JsonParser.parseString(
                        prompt.run("channel-list", "--json", "two").out())
                .getAsJsonArray()
                .get(1)
                .getAsJsonObject();
        assertEquals("b", channel.get("name").getAsString());
        assertEquals("/run/b", channel.get("path").getAsString());
        assertEquals("connected", channel.get("back_state").getAsString());
        String plan = prompt.run("dry-run", config).out();
        assertTrue(plan.contains("other devices (served by QEMU)\n  channel a, terminal\n"), plan);
    }

    @Test
    void aKeyboardIsAttachedListedAsXlDoesAndDetached(@TempDir Path directory) {
        String header = "Idx BE handle state evt-ch    ref ID         BE-type    BE-path                       \n";
        String config = new GuestFiles(directory).config("two", "memory = 64", "vkb = ['backend-type=qemu']");
        assertEquals(0, prompt.run("create", "-p", config).status());
        prompt.run("unpause", "two");
        assertEquals(DONE, prompt.run("vkb-attach", "two", "backend-type=qemu", "unique-id=pad"));
        xen.advance(Duration.ofSeconds(5));
        assertEquals(
                header
                        + "0   0       0     4      9      8 -          qemu       /local/domain/0/backend/vkbd/2/0\n"
                        + "1   0       1     4      9      8 pad        qemu       /local/domain/0/backend/vkbd/2/1\n",
                prompt.run("vkb-list", "two").out());
        assertTrue(prompt.run("vkb-list", "--json", "two").out().contains("\"id\": \"pad\""));
        assertEquals(DONE, prompt.run("vkb-detach", "two", "0"));
        assertEquals(DONE, prompt.run("vkb-detach", "-f", "two", "1"));
        assertEquals(header, prompt.run("vkb-list", "two").out());
        assertEquals(
                new Outcome(1, "", "xlj: domain 2 has no paravirtual keyboard 1\n"),
                prompt.run("vkb-detach", "two", "1"));
        assertEquals(1, prompt.run("vkb-attach", "web", "backend-type=qemu").status());
    }

    @Test
    void aCardIsAttachedUnderTheNumberThatItAsksFor() {
        assertEquals(DONE, prompt.run("network-attach", "web", "devid=3"));
        assertEquals(Set.of("vif1.3"), xen.hostLinks().keySet());
        Outcome again = prompt.run("network-attach", "web", "devid=3");
        assertEquals(1, again.status());
        assertTrue(again.err().contains("it has one with the devid 3 already"), again.err());
        assertEquals(DONE, prompt.run("network-attach", "web"));
        assertEquals(Set.of("vif1.3", "vif1.4"), xen.hostLinks().keySet());
        Outcome elsewhere = prompt.run("network-attach", "web", "backend=net");
        assertEquals(1, elsewhere.status());
        assertTrue(elsewhere.err().contains("this host has no domain 'net'"), elsewhere.err());
    }

    @Test
    void theSameAsJsonHasNamesForStates() {
        prompt.run("block-attach", "web", image + ",raw,xvdb,r");
        JsonObject disk = JsonParser.parseString(
                        prompt.run("block-list", "--json", "1").out())
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        assertEquals("xvdb", disk.get("vdev").getAsString());
        assertEquals("r", disk.get("mode").getAsString());
        assertEquals("connected", disk.get("front_state").getAsString());
        prompt.run("network-attach", "web");
        JsonObject card = JsonParser.parseString(
                        prompt.run("network-list", "--json", "1").out())
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        assertEquals("xenbr0", card.get("bridge").getAsString());
        assertEquals("00:16:3e", card.get("mac").getAsString().substring(0, 8));
    }

    @Test
    void aDiskThatIsNoneIsAnErrorOfOneLine() {
        assertEquals(
                new Outcome(1, "", "xlj: disk xvda: /nowhere does not exist\n"),
                prompt.run("block-attach", "web", "/nowhere,raw,xvda,w"));
    }
}
