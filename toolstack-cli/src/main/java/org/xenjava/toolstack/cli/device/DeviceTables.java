// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.device.pv.AttachedDisk;
import org.xenjava.toolstack.device.pv.AttachedNic;
import org.xenjava.toolstack.device.pv.XenbusState;

/** The tables of {@code xl block-list} and {@code xl network-list}, column for column, and the same as JSON. */
final class DeviceTables {
    private static final String DISK_HEADER = String.format(
            "%-5s %-3s %-6s %-5s %-6s %-8s %-30s", "Vdev", "BE", "handle", "state", "evt-ch", "ring-ref", "BE-path");
    private static final String NIC_HEADER = String.format(
            "%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s",
            "Idx", "BE", "Mac Addr.", "handle", "state", "evt-ch", "tx-", "rx-ring-ref", "BE-path");

    /** All back ends are in this domain. */
    private static final int BACKEND_DOMID = 0;

    /** What xl prints for a number that there is not. */
    private static final long NONE = -1;

    private DeviceTables() {}

    static List<String> diskLines(List<Domain> domains) {
        List<String> lines = new ArrayList<>(List.of(DISK_HEADER));
        domains.forEach(domain -> domain.devices().disks().forEach(disk -> lines.add(diskLine(domain.domid(), disk))));
        return lines;
    }

    static List<String> nicLines(List<Domain> domains) {
        List<String> lines = new ArrayList<>(List.of(NIC_HEADER));
        domains.forEach(domain -> domain.devices().nics().forEach(nic -> lines.add(nicLine(nic))));
        return lines;
    }

    private static String diskLine(int domid, AttachedDisk disk) {
        return String.format(
                Locale.ROOT,
                "%-5d %-3d %-6d %-5d %-6d %-8d %-30s",
                disk.number(),
                BACKEND_DOMID,
                domid,
                disk.frontState().ordinal(),
                disk.eventChannel().orElse(NONE),
                disk.ringRef().orElse(NONE),
                disk.backPath());
    }

    private static String nicLine(AttachedNic nic) {
        return String.format(
                Locale.ROOT,
                "%-3d %-2d %s%6d %5d %6d %5d/%-11d %-30s",
                nic.devid(),
                BACKEND_DOMID,
                nic.mac(),
                nic.devid(),
                nic.frontState().ordinal(),
                nic.eventChannel().orElse(NONE),
                nic.txRingRef().orElse(NONE),
                nic.rxRingRef().orElse(NONE),
                nic.backPath());
    }

    static JsonArray disksJson(List<Domain> domains) {
        JsonArray array = new JsonArray();
        for (Domain domain : domains) {
            domain.devices().disks().forEach(disk -> array.add(json(domain.domid(), disk)));
        }
        return array;
    }

    static JsonArray nicsJson(List<Domain> domains) {
        JsonArray array = new JsonArray();
        for (Domain domain : domains) {
            domain.devices().nics().forEach(nic -> array.add(json(domain.domid(), nic)));
        }
        return array;
    }

    private static JsonObject json(int domid, AttachedDisk disk) {
        JsonObject json = new JsonObject();
        json.addProperty("domid", domid);
        json.addProperty("number", disk.number());
        json.addProperty("vdev", disk.vdev());
        json.addProperty("backend", disk.backend());
        json.addProperty("params", disk.params());
        json.addProperty("mode", disk.mode());
        json.addProperty("device_type", disk.deviceType());
        addStates(json, disk.frontState(), disk.backState(), disk.problem());
        return json;
    }

    private static JsonObject json(int domid, AttachedNic nic) {
        JsonObject json = new JsonObject();
        json.addProperty("domid", domid);
        json.addProperty("devid", nic.devid());
        json.addProperty("mac", nic.mac());
        json.addProperty("bridge", nic.bridge());
        json.addProperty("type", nic.type());
        addStates(json, nic.frontState(), nic.backState(), nic.problem());
        return json;
    }

    private static void addStates(JsonObject json, XenbusState front, XenbusState back, Optional<String> problem) {
        json.addProperty("front_state", word(front));
        json.addProperty("back_state", word(back));
        json.add("problem", problem.<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE));
    }

    private static String word(XenbusState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
