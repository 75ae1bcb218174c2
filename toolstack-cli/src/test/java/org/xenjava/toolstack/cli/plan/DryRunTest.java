// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;

/** Every prompt here is one without Xen: a dry run does not open it. */
class DryRunTest {
    private final Prompt prompt = Prompt.withoutXen();
    private GuestFiles files = new GuestFiles(Path.of(""));
    private Path directory = Path.of("");

    @BeforeEach
    void useDirectory(@TempDir Path temporary) {
        directory = temporary;
        files = new GuestFiles(temporary);
    }

    @Test
    void aPopulateOnDemandGuestIsPlannedToTheLastPage() {
        Outcome outcome = prompt.run("dry-run", podGuest());

        assertEquals("", outcome.err());
        assertEquals(0, outcome.status());
        assertEquals(
                """
                guest
                  name                web
                  type                pvh
                  uuid                random
                  vcpus               1 online of 4
                  kernel              DIR/kernel
                  ramdisk             DIR/initrd
                  command line        console=hvc0
                memory
                  memory                    262144 KiB    memory of the guest at boot
                  maxmem                    524288 KiB    memory that the guest may grow to
                  populate on demand  yes
                  PoD entries               131072 pages  guest frames without a page at first
                  PoD target                 65792 pages  pages that Xen keeps for them, set before the first populate
                  slack                        256 pages  part of the PoD target beyond memory, against XSA-153
                  initial debt               65280 pages  entries without a page until the guest has ballooned
                  max_mem                   264192 KiB    66048 pages: limit of the pages that the guest owns
                  claim                      65801 pages  free memory that the host must have
                  paging pool              6291456 bytes  memory for the guest's page tables
                xenstore
                  memory/target             262144 KiB    target of the guest's balloon driver
                  memory/static-max         524288 KiB
                  memory/videoram                0 KiB
                RAM
                  0x000000000000 … 0x00001fffffff  131072 pages
                populate calls
                  1 of order 9 (2 MiB): 256 extents, 131072 pages
                special pages
                  gfn 0xfeff8  paging ring
                  gfn 0xfeff9  monitor ring
                  gfn 0xfeffa  sharing ring
                  gfn 0xfeffb  buffered I/O requests
                  gfn 0xfeffc  xenstore
                  gfn 0xfeffd  I/O requests
                  gfn 0xfeffe  identity page table
                  gfn 0xfefff  console
                image
                  kernel entry        0x100000
                  start info          0x101000
                  ACPI root pointer   0xfc000000
                  ACPI tables         0x0000fc000000 … 0x0000fc000fff  1 page
                in RAM at the start
                  0x000000100000 … 0x000000100003  kernel, 4 bytes
                  0x000000101000 … 0x0000001010af  start info, 176 bytes
                  0x000000102000 … 0x000000103387  ramdisk, 5000 bytes
                memory map (e820)
                  0x000000000000 … 0x00001fffffff  ram
                  0x0000feff8000 … 0x0000feffffff  reserved
                  0x0000fc000000 … 0x0000fc000fff  acpi
                when it stops
                  on_poweroff         destroy
                  on_reboot           restart
                  on_crash            destroy
                  on_watchdog         destroy
                  on_soft_reset       soft-reset
                checked on the host by create
                  free memory for the claim
                  a free name and UUID
                  hardware virtualisation and hardware-assisted paging
                """,
                outcome.out().replace(directory.toString(), "DIR"));
    }

    @Test
    void jsonHasTheSameNumbers() {
        JsonObject plan = json(prompt.run("dry-run", podGuest(), "--json"));
        assertEquals(
                """
                {"memory_kib":262144,"maxmem_kib":524288,"populate_on_demand":true,"frames_pages":131072,\
                "pod_target_pages":65792,"slack_pages":256,"initial_debt_pages":65280,"max_mem_kib":264192,\
                "max_mem_pages":66048,"claim_pages":65801,"paging_pool_bytes":6291456}""",
                plan.get("memory").toString());
        assertEquals(
                "{\"memory/target_kib\":262144,\"memory/static-max_kib\":524288,\"memory/videoram_kib\":0}",
                plan.get("xenstore").toString());
        assertEquals(
                "[{\"order\":9,\"calls\":1,\"extents\":256,\"pages\":131072}]",
                plan.get("populate").toString());
        JsonObject image = plan.getAsJsonObject("image");
        assertEquals(0x100000, image.get("entry").getAsLong());
        assertEquals(0x101000, image.get("start_info").getAsLong());
        assertEquals(
                "{\"start\":1056768,\"end\":1061768,\"what\":\"ramdisk\"}",
                image.getAsJsonArray("in_ram").get(2).toString());
        assertEquals(3, plan.getAsJsonArray("memory_map").size());
        assertEquals(8, plan.getAsJsonArray("special_pages").size());
    }

    @Test
    void withoutMaxmemThereIsNoTargetAndNoSlack() {
        String file = files.config("plain", "memory = 256");
        String text = prompt.run("dry-run", file).out();
        assertTrue(text.contains("  populate on demand  no: memory is maxmem\n"), text);
        assertFalse(text.contains("slack"), text);
        JsonObject memory = json(prompt.run("dry-run", file, "--json")).getAsJsonObject("memory");
        assertTrue(memory.get("pod_target_pages").isJsonNull());
        assertEquals(0, memory.get("slack_pages").getAsLong());
        assertEquals(263168, memory.get("max_mem_kib").getAsLong());
    }

    @Test
    void ramThatDoesNotFitBelowTheHoleContinuesAtFourGiB() {
        String text =
                prompt.run("dry-run", files.config("big", "memory = 5000")).out();
        assertTrue(
                text.contains(
                        """
                        RAM
                          0x000000000000 … 0x0000fbffffff  1032192 pages
                          0x000100000000 … 0x00013c7fffff  247808 pages
                        """),
                text);
        assertTrue(text.contains("  3 of order 18 (1 GiB): 3 extents, 786432 pages\n"), text);
    }

    @Test
    void devicesAreShownWithWhatServesThemAndQemusArguments() {
        String file = files.write(
                        "devices.cfg",
                        """
                        name = 'devices'
                        type = 'hvm'
                        memory = 256
                        vga = 'stdvga'
                        vncpasswd = 'secret'
                        boot = 'dc'
                        on_crash = 'preserve'
                        disk = [ '/img/a.raw,raw,hda,rw', 'vg/b,raw,xvde,r', ',raw,hdc,r,cdrom' ]
                        vif = [ 'mac=00:16:3e:01:02:03', 'type=vif,bridge=br1' ]
                        """
                                .getBytes(StandardCharsets.UTF_8))
                .toString();
        String text = prompt.run("dry-run", file).out();
        assertTrue(
                text.contains(
                        """
                          on_crash            preserve
                          on_watchdog         destroy
                          on_soft_reset       soft-reset
                        machine
                          boot order          dc
                          graphics card       stdvga
                          screen              VNC on 127.0.0.1, display 0 or the next free one, with a password
                        disks (a path below /dev is taken for a block device, any other for a file)
                          hda                 disk, w, /img/a.raw, raw, served by blkback on a loop device, emulated at ide 0
                          xvde                disk, r, /dev/vg/b, raw, served by blkback
                          hdc                 cdrom, r, empty, served by QEMU, emulated at ide 2 (CD-ROM)
                        network cards (with domid 1)
                          vif1.0              00:16:3e:01:02:03, bridge xenbr0, emulated rtl8139 at vif1.0-emu
                          vif1.1              random address, bridge br1
                        QEMU (with domid 1)
                          confinement         where possible
                                              restricted to its domain
                                              a user without capabilities
                                              an empty root directory
                                              mount and IPC namespaces of its own
                                              resource limits
                                              no new privileges
                                              not: no network, since the guest has an emulated network card
                            unshare
                            --mount
                            --ipc
                            --
                            prlimit
                            --core=0
                            --memlock=0
                            --nofile=4096
                            --nproc=512
                            --
                            setpriv
                            --no-new-privs
                            --bounding-set=-all,+sys_chroot,+setuid,+setgid,+dac_override,+net_admin
                            --
                          qemu-system-i386
                            -xen-domid
                            1
                            -no-shutdown
                            -xen-domid-restrict
                            -chroot
                            /var/run/xen/qemu-root-1
                            -runas
                            2100000001:2100000001
                        """),
                prompt.run("dry-run", file)::toString);
        assertTrue(
                text.contains(
                        """
                        checked on the host by create
                          free memory for the claim
                          a free name and UUID
                          hardware virtualisation and hardware-assisted paging
                          disk /img/a.raw
                          disk vg/b
                          bridge xenbr0
                          bridge br1
                        """),
                text);
        assertFalse(text.contains("secret"), text);

        JsonObject plan = json(prompt.run("dry-run", "--json", file));
        assertEquals("dc", plan.getAsJsonObject("machine").get("boot").getAsString());
        assertEquals("preserve", plan.getAsJsonObject("actions").get("on_crash").getAsString());
        JsonObject devices = plan.getAsJsonObject("devices");
        assertEquals(
                "{\"vdev\":\"xvde\",\"device\":\"disk\",\"access\":\"r\",\"path\":\"/dev/vg/b\",\"format\":\"raw\","
                        + "\"backend\":\"blkback\",\"emulated\":null}",
                devices.getAsJsonArray("disks").get(1).toString());
        assertEquals(
                "vif1.0-emu",
                devices.getAsJsonArray("cards")
                        .get(0)
                        .getAsJsonObject()
                        .get("tap")
                        .getAsString());
        JsonObject qemu = devices.getAsJsonObject("qemu");
        assertTrue(qemu.getAsJsonArray("arguments").size() > 20);
        assertEquals(
                6,
                qemu.getAsJsonObject("confinement").getAsJsonArray("measures").size());
    }

    @Test
    void aClockLimitsAndShadowPagingAreShown() {
        String file = files.config(
                "web", "memory = 64", "rtc_timeoffset = 60", "localtime = 1", "hap = 0", "max_grant_frames = 9");

        String text = prompt.run("dry-run", file).out();

        assertTrue(text.contains("  clock               the host's local time and 60 s, TSC mode default\n"), text);
        assertTrue(text.contains("  a Xen with shadow paging\n"), text);
        assertTrue(text.contains("  limits of grants and event channels within Xen's own\n"), text);
    }

    @Test
    void argumentsOverrideTheFile() {
        String file = files.config("web", "memory = 256");
        JsonObject plan = json(prompt.run("dry-run", "--json", file, "memory=64; maxmem=128", "vcpus=2"));
        assertEquals(65536, plan.getAsJsonObject("memory").get("memory_kib").getAsLong());
        assertEquals(131072, plan.getAsJsonObject("memory").get("maxmem_kib").getAsLong());
        assertEquals(2, plan.getAsJsonObject("guest").get("vcpus").getAsLong());
    }

    @Test
    void createWithDashNPrintsTheConfigurationAsXlDoes() {
        String file = podGuest();
        Outcome asXl = prompt.run("dry-run", "--libxl", file);
        assertEquals(asXl, prompt.run("create", "-n", file));
        assertEquals(asXl, prompt.run("-N", "create", file));
    }

    @Test
    void aFileWithAnEqualsSignInItsPathIsGivenWithDashF() {
        files.config("web", "memory = 256");
        Path strange = files.write(
                "a=b.cfg",
                ("name='x'; type='pvh'; memory=32; kernel='" + directory + "/kernel'")
                        .getBytes(StandardCharsets.UTF_8));
        assertEquals(0, prompt.run("dry-run", "-f", strange.toString()).status());
    }

    @Test
    void aMissingKernelIsReplacedInThePlan() {
        String file = files.config("web", "memory = 256", "kernel = '/nowhere/vmlinuz'");
        Outcome outcome = prompt.run("dry-run", file);
        assertEquals(0, outcome.status());
        assertTrue(outcome.out().contains("  kernel              /nowhere/vmlinuz\n"), outcome.out());
        assertTrue(
                outcome.err()
                        .endsWith("xlj: not on this machine: /nowhere/vmlinuz; the plan is for a kernel that halts, and"
                                + " create would fail\n"),
                outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pvh-pod.cfg", "hvm-pod.cfg"})
    void theExamplesArePlannedOnAnyMachine(String example) {
        assertEquals(0, prompt.run("dry-run", "../examples/" + example).status());
    }

    @Test
    void eachErrorOfAFileIsOneLine() {
        String file = files.config("web", "memry = 256", "vcpus = 0");
        Outcome outcome = prompt.run("dry-run", file);
        assertEquals(1, outcome.status());
        assertEquals("", outcome.out());
        assertTrue(outcome.err().lines().count() > 1, outcome.err());
        assertTrue(outcome.err().lines().allMatch(line -> line.startsWith("xlj: " + file + ":")), outcome.err());
    }

    @Test
    void warningsArePrintedUnlessQuiet() {
        String file = files.config("web", "memory = 256", "memory = 128");
        assertEquals(
                "xlj: " + file + ":5: 'memory' replaces its value of line 4\n",
                prompt.run("create", "-n", file).err());
        assertEquals("", prompt.run("create", "-nq", file).err());
    }

    @Test
    void theNumaNodesOfAGuestHaveTheirRanges() {
        String file = files.config(
                "web",
                "vcpus = 3",
                "vnuma = [ [ 'pnode=1', 'size=3072', 'vcpus=0,2', 'vdistances=10,21' ],"
                        + " [ 'pnode=0', 'size=2048', 'vcpus=1', 'vdistances=22,11' ] ]");
        String text = prompt.run("dry-run", file).out();
        assertTrue(
                text.contains(
                        """
                        virtual NUMA nodes
                          node 0              3072 MiB of the host's node 1, vCPUs 0,2, distances 10, 21
                                              0x000000000000 … 0x0000bfffffff
                          node 1              2048 MiB of the host's node 0, vCPUs 1, distances 22, 11
                                              0x0000c0000000 … 0x0000fbffffff
                                              0x000100000000 … 0x000143ffffff
                        """),
                text);
        assertTrue(text.contains("  NUMA node 1 with free memory for its virtual node\n"), text);

        JsonObject node = json(prompt.run("dry-run", "--json", file))
                .getAsJsonArray("virtual_nodes")
                .get(1)
                .getAsJsonObject();
        assertEquals(2, node.getAsJsonArray("ranges").size());
        assertEquals(0, node.get("physical_node").getAsInt());
        assertTrue(json(prompt.run("dry-run", "--json", podGuest()))
                .get("virtual_nodes")
                .isJsonNull());
    }

    private String podGuest() {
        files.write("initrd", new byte[5000]);
        return files.config(
                "web",
                "memory = 256",
                "maxmem = 512",
                "vcpus = 1",
                "maxvcpus = 4",
                "cmdline = 'console=hvc0'",
                "ramdisk = '" + directory.resolve("initrd") + "'");
    }

    private static JsonObject json(Outcome outcome) {
        assertEquals(0, outcome.status(), outcome.err());
        JsonElement json = JsonParser.parseString(outcome.out());
        return json.getAsJsonObject();
    }

    @Test
    void theConfigurationIsPrintedInLibxlsJsonAndReadAgain() throws IOException {
        Outcome printed = prompt.run("dry-run", "--libxl", podGuest());
        assertEquals("", printed.err());
        JsonObject document = JsonParser.parseString(printed.out()).getAsJsonObject();
        assertFalse(document.getAsJsonObject("c_info").has("domid"));
        JsonObject build = document.getAsJsonObject("b_info");
        assertEquals(262_144, build.get("target_memkb").getAsInt());
        assertEquals(524_288, build.get("max_memkb").getAsInt());
        assertEquals(4, build.get("max_vcpus").getAsInt());

        Path file = Files.writeString(directory.resolve("stored.json"), printed.out());
        assertEquals(prompt.run("dry-run", podGuest()), prompt.run("dry-run", file.toString()));
        Outcome overridden = prompt.run("dry-run", file.toString(), "memory=1");
        assertEquals(2, overridden.status());
        assertTrue(overridden.err().contains("cannot override"), overridden.err());
    }

    @Test
    void aMemberOfLibxlsJsonThatIsNotSupportedIsAWarning() throws IOException {
        String text = prompt.run("dry-run", "--libxl", podGuest())
                .out()
                .replace("\"b_info\": {", "\"vdispls\": [{\"func\": 1}], \"b_info\": {");
        Path file = Files.writeString(directory.resolve("stored.json"), text);
        Outcome outcome = prompt.run("dry-run", file.toString());
        assertEquals(0, outcome.status());
        assertTrue(outcome.err().contains("'vdispls' is not supported and ignored"), outcome.err());
    }
}
