// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;

/** {@link HostDevices} through a channel. */
final class ChannelHostDevices implements HostDevices {
    private static final String NAME = "HostDevices";
    private static final String NUMBERS = ":";
    private static final String REGULAR = "Regular";

    private static final Answer<HostFile> FILE =
            Answer.of(file -> new JsonPrimitive(spelt(file)), json -> read(json.getAsString()));
    private static final Answer<SortedMap<Integer, String>> LOOPS =
            Answer.of(ChannelHostDevices::encode, ChannelHostDevices::decode);

    private static final Answer<Optional<String>> OPTIONAL_TEXT = Answer.of(
            text -> text.<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE),
            json -> json.isJsonNull() ? Optional.empty() : Optional.of(json.getAsString()));

    private static final Answer<List<String>> NAMES =
            Answer.of(ChannelHostDevices::encode, json -> json.getAsJsonArray().asList().stream()
                    .map(JsonElement::getAsString)
                    .toList());

    private final CallChannel channel;

    ChannelHostDevices(CallChannel channel) {
        this.channel = channel;
    }

    @Override
    public HostFile file(String path) {
        return channel.exchange(request("file").with("path", path), FILE, xen -> xen.hostDevices()
                .file(path));
    }

    @Override
    public int freeLoop() {
        return channel.exchange(
                request("freeLoop"), Answer.NUMBER, xen -> xen.hostDevices().freeLoop());
    }

    @Override
    public void attachLoop(int loop, String file, LoopAccess access) {
        Request request =
                request("attachLoop").with("loop", loop).with("file", file).with("access", access.name());
        perform(request, host -> host.attachLoop(loop, file, access));
    }

    @Override
    public void detachLoop(int loop) {
        perform(request("detachLoop").with("loop", loop), host -> host.detachLoop(loop));
    }

    @Override
    public SortedMap<Integer, String> loops() {
        return channel.exchange(
                request("loops"), LOOPS, xen -> xen.hostDevices().loops());
    }

    @Override
    public boolean linkExists(String link) {
        return channel.exchange(request("linkExists").with("link", link), Answer.FLAG, xen -> xen.hostDevices()
                .linkExists(link));
    }

    @Override
    public void joinBridge(String bridge, String link) {
        perform(request("joinBridge").with("bridge", bridge).with("link", link), host -> host.joinBridge(bridge, link));
    }

    @Override
    public void setMtu(String link, int bytes) {
        perform(request("setMtu").with("link", link).with("bytes", bytes), host -> host.setMtu(link, bytes));
    }

    @Override
    public void setHardwareAddress(String link, String address) {
        perform(
                request("setHardwareAddress").with("link", link).with("address", address),
                host -> host.setHardwareAddress(link, address));
    }

    @Override
    public void bringUp(String link) {
        perform(request("bringUp").with("link", link), host -> host.bringUp(link));
    }

    @Override
    public void rename(String link, String newName) {
        perform(request("rename").with("link", link).with("newName", newName), host -> host.rename(link, newName));
    }

    @Override
    public Optional<String> kernelAttribute(String path) {
        return channel.exchange(request("kernelAttribute").with("path", path), OPTIONAL_TEXT, xen -> xen.hostDevices()
                .kernelAttribute(path));
    }

    @Override
    public Optional<String> kernelLink(String path) {
        return channel.exchange(request("kernelLink").with("path", path), OPTIONAL_TEXT, xen -> xen.hostDevices()
                .kernelLink(path));
    }

    @Override
    public List<String> kernelEntries(String path) {
        return channel.exchange(request("kernelEntries").with("path", path), NAMES, xen -> xen.hostDevices()
                .kernelEntries(path));
    }

    @Override
    public void setKernelAttribute(String path, String text) {
        perform(
                request("setKernelAttribute").with("path", path).with("text", text),
                host -> host.setKernelAttribute(path, text));
    }

    @Override
    public void close() {
        channel.release(request("close"), xen -> xen.hostDevices().close());
    }

    private static Request request(String method) {
        return Request.of(NAME, method);
    }

    private void perform(Request request, Consumer<HostDevices> live) {
        channel.perform(request, xen -> live.accept(xen.hostDevices()));
    }

    private static String spelt(HostFile file) {
        if (file instanceof HostFile.BlockDevice device) {
            return device.major() + NUMBERS + device.minor();
        }
        if (file instanceof HostFile.Regular regular) {
            return REGULAR + " " + regular.device() + " " + regular.inode();
        }
        return file.getClass().getSimpleName();
    }

    private static HostFile read(String text) {
        if (text.startsWith(REGULAR)) {
            // Traces from before files had identities have the word alone.
            String[] words = text.split(" ");
            return words.length == 1
                    ? new HostFile.Regular(0, 0)
                    : new HostFile.Regular(Long.parseLong(words[1]), Long.parseLong(words[2]));
        }
        return switch (text) {
            case "Absent" -> new HostFile.Absent();
            case "Other" -> new HostFile.Other();
            default -> {
                String[] numbers = text.split(NUMBERS);
                yield new HostFile.BlockDevice(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
            }
        };
    }

    private static JsonElement encode(List<String> names) {
        JsonArray json = new JsonArray();
        names.forEach(json::add);
        return json;
    }

    private static JsonElement encode(SortedMap<Integer, String> loops) {
        JsonObject json = new JsonObject();
        loops.forEach((loop, file) -> json.addProperty(Integer.toString(loop), file));
        return json;
    }

    private static SortedMap<Integer, String> decode(JsonElement json) {
        SortedMap<Integer, String> loops = new TreeMap<>();
        json.getAsJsonObject()
                .entrySet()
                .forEach(entry -> loops.put(
                        Integer.parseInt(entry.getKey()), entry.getValue().getAsString()));
        return loops;
    }
}
