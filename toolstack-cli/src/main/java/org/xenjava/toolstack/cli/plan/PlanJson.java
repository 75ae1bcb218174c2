// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.image.PageRange;
import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.SpecialPage;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A plan as a program reads it. Units are in the keys; addresses are decimal, in bytes, ends are exclusive. */
final class PlanJson {
    private PlanJson() {}

    static JsonObject of(CreatePlan plan) {
        JsonObject json = new JsonObject();
        json.add("guest", guest(plan.config()));
        json.add("memory", memory(plan.memory()));
        json.add("xenstore", xenstore(plan.memory()));
        json.add("ram", Json.array(plan.memory().ram(), range -> range(range.start(), range.end())));
        json.add("populate", Json.array(PopulateCount.of(plan.memory().populateCalls()), PlanJson::populate));
        json.add("special_pages", Json.array(List.of(SpecialPage.values()), PlanJson::specialPage));
        json.add("image", image(plan.image()));
        json.add("memory_map", Json.array(plan.image().memoryMap(), entry -> {
            JsonObject mapped = range(entry.address(), entry.address() + entry.bytes());
            mapped.addProperty("type", entry.type().name().toLowerCase(Locale.ROOT));
            return mapped;
        }));
        return json;
    }

    private static JsonObject guest(DomainConfig config) {
        JsonObject json = new JsonObject();
        json.addProperty("name", config.name());
        json.addProperty("type", config.type().word());
        json.addProperty("uuid", config.uuid().map(Object::toString).orElse(null));
        json.addProperty("vcpus", config.vcpus());
        json.addProperty("max_vcpus", config.maxVcpus());
        json.addProperty("kernel", config.kernel().map(Object::toString).orElse(null));
        json.addProperty("ramdisk", config.ramdisk().map(Object::toString).orElse(null));
        json.addProperty("command_line", config.commandLine());
        return json;
    }

    private static JsonObject memory(MemoryPlan plan) {
        JsonObject json = new JsonObject();
        json.addProperty("memory_kib", plan.shape().memory().value());
        json.addProperty("maxmem_kib", plan.shape().maxMemory().value());
        json.addProperty("populate_on_demand", plan.shape().populateOnDemand());
        json.addProperty("frames_pages", plan.shape().frames().count());
        json.addProperty(
                "pod_target_pages",
                plan.podTarget().map(target -> target.count()).orElse(null));
        json.addProperty("slack_pages", plan.slack().count());
        json.addProperty("initial_debt_pages", plan.initialDebt().count());
        json.addProperty("max_mem_kib", plan.maxMem().value());
        json.addProperty("max_mem_pages", plan.maxMem().toPages().count());
        json.addProperty("claim_pages", plan.claim().count());
        json.addProperty("paging_pool_bytes", plan.pagingPoolBytes());
        return json;
    }

    private static JsonObject xenstore(MemoryPlan plan) {
        JsonObject json = new JsonObject();
        json.addProperty("memory/target_kib", plan.bootTarget().value());
        json.addProperty("memory/static-max_kib", plan.shape().maxMemory().value());
        json.addProperty("memory/videoram_kib", plan.shape().videoRam().value());
        return json;
    }

    private static JsonObject populate(PopulateCount count) {
        JsonObject json = new JsonObject();
        json.addProperty("order", count.order());
        json.addProperty("calls", count.calls());
        json.addProperty("extents", count.extents());
        json.addProperty("pages", count.pages().count());
        return json;
    }

    private static JsonObject specialPage(SpecialPage page) {
        JsonObject json = new JsonObject();
        json.addProperty("gfn", page.gfn());
        json.addProperty("use", page.use());
        return json;
    }

    private static JsonObject image(ImagePlan image) {
        JsonObject json = new JsonObject();
        json.addProperty("entry", image.entry());
        json.addProperty("start_info", image.startInfoAddress());
        if (image instanceof PvhImagePlan pvh) {
            json.addProperty("rsdp", pvh.rsdpAddress());
            json.add("acpi", pages(pvh.acpiFrames()));
        }
        json.add("in_ram", Json.array(image.items(), PlanJson::item));
        return json;
    }

    private static JsonObject item(ImagePlan.Item item) {
        JsonObject json = range(item.address(), item.address() + item.bytes());
        json.addProperty("what", item.what());
        return json;
    }

    private static JsonObject pages(PageRange range) {
        return range(range.address(), range.endGfn() << Pages.SHIFT);
    }

    private static JsonObject range(long start, long end) {
        JsonObject json = new JsonObject();
        json.addProperty("start", start);
        json.addProperty("end", end);
        return json;
    }
}
