// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.FormattingStyle;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/**
 * A domain's configuration in libxl's JSON. Immutable. The text keeps members that this library does not know, so that a
 * change of one device leaves everything else of xl's file as it is.
 *
 * <p>The written form is the same for every release of Xen: libxl ignores members that it does not know, and every
 * member and every word that this class writes is known to libxl from 4.14 on.
 */
public final class LibxlConfig {
    /** Longest accepted text in characters; libxl's largest recorded file has 3,000. */
    public static final int LONGEST_TEXT = 1 << 20;

    private static final int DEEPEST_NESTING = 32;
    private static final char END_OF_TEXT = '\0';
    private static final int FIRST_RESERVED_DOMID = 0x7FF0;
    private static final String DISKS = "disks";
    private static final String NICS = "nics";

    private static final Gson PRETTY = new GsonBuilder()
            .setFormattingStyle(FormattingStyle.PRETTY.withIndent("    "))
            .disableHtmlEscaping()
            .serializeNulls()
            .create();

    private final JsonObject root;
    private final String source;

    private LibxlConfig(JsonObject root, String source) {
        this.root = root;
        this.source = source;
    }

    /**
     * A configuration that libxl's JSON describes.
     *
     * @param config the guest
     * @param ignored the paths of members without an equivalent in this library, such as {@code usbctrls[0]}: a guest
     *     that is built from {@code config} is without them
     */
    public record Reading(DomainConfig config, List<String> ignored) {
        /**
         * Copies the list, so that the record is immutable.
         *
         * @param config the guest
         * @param ignored the paths of members without an equivalent in this library
         */
        public Reading {
            ignored = List.copyOf(ignored);
        }
    }

    /**
     * The values that libxl takes from Xen and xenstore when it reads a stored configuration, because no change of them
     * is stored.
     *
     * @param name the domain's name
     * @param uuid the domain's handle in Xen
     * @param memory the memory that the administrator asked for; empty if it is not known
     * @param maxMemory the memory that the guest may grow to; empty if it is not known
     * @param vcpus number of vCPUs that are to be online; empty if it is not known
     * @param scheduler the scheduler of the domain's pool; empty if it gives no shares
     * @param share the share that it gives the domain; empty if it gives none
     */
    public record Present(
            String name,
            UUID uuid,
            Optional<KiB> memory,
            Optional<KiB> maxMemory,
            OptionalInt vcpus,
            Optional<Scheduler> scheduler,
            Optional<CpuShare> share) {}

    /**
     * {@return the JSON of a configuration} As libxl does, it leaves out every value that is libxl's default.
     *
     * @param config the guest; {@link DomainConfig#completed} if libxl is to read the JSON as that of a domain
     */
    public static LibxlConfig of(DomainConfig config) {
        return new LibxlConfig(LibxlWriter.domain(config), config.name());
    }

    /**
     * Parses a text: a stored configuration, which may end with a NUL, or the output of {@code xl list -l} and {@code xl
     * -N create} for one domain.
     *
     * @param text at most {@link #LONGEST_TEXT} characters
     * @param source name of the text in messages
     * @return the configuration
     * @throws ConfigException if the text is not JSON, or is no configuration of one domain
     */
    public static LibxlConfig parse(String text, String source) {
        if (text.length() > LONGEST_TEXT) {
            throw new ConfigException(
                    source + ": longer than " + LONGEST_TEXT + " characters: it is no configuration of libxl");
        }
        int end = text.indexOf(END_OF_TEXT);
        return new LibxlConfig(single(json(end < 0 ? text : text.substring(0, end), source), source), source);
    }

    /**
     * Reads a file as {@link #parse} reads a text.
     *
     * @param file a stored configuration, or the output of {@code xl list -l} or {@code xl -N create}
     * @return the configuration; empty if the file begins like no JSON, as an xl.cfg does
     * @throws ConfigException if the file cannot be read, or begins like JSON and is no configuration of one domain
     */
    public static Optional<LibxlConfig> readIfJson(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(LONGEST_TEXT + 1), StandardCharsets.UTF_8);
            String start = text.stripLeading();
            return start.startsWith("{") || start.startsWith("[")
                    ? Optional.of(parse(text, file.toString()))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": no such file", e);
        } catch (AccessDeniedException e) {
            throw new ConfigException(file + ": no permission to read it", e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static JsonElement json(String text, String source) {
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            reader.setNestingLimit(DEEPEST_NESTING);
            JsonElement element = JsonParser.parseReader(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new ConfigException(source + ": text follows the JSON of the configuration");
            }
            return element;
        } catch (JsonParseException | NumberFormatException | IOException e) {
            throw new ConfigException(
                    source + ": no JSON of libxl: " + LibxlObject.shown(String.valueOf(e.getMessage())), e);
        }
    }

    /** The object, of which a listing has an array, each with the domain's number. */
    private static JsonObject single(JsonElement element, String source) {
        JsonElement inner = element;
        if (inner.isJsonArray()) {
            if (inner.getAsJsonArray().size() != 1) {
                throw new ConfigException(
                        source + ": " + inner.getAsJsonArray().size() + " configurations, where one is expected");
            }
            inner = inner.getAsJsonArray().get(0);
        }
        if (inner.isJsonObject() && inner.getAsJsonObject().has("config")) {
            inner = inner.getAsJsonObject().get("config");
        }
        if (!inner.isJsonObject() || !inner.getAsJsonObject().has("c_info")) {
            throw new ConfigException(source + ": no configuration of libxl: it has no 'c_info'");
        }
        return inner.getAsJsonObject();
    }

    /**
     * Reads the configuration with libxl's defaults. A member that libxl does not know is ignored, as libxl does; a value
     * of another type, and a word that libxl does not know, is an error.
     *
     * @return the configuration and what it leaves out
     * @throws ConfigException if the guest is of a kind that this library does not build, or a value is wrong
     */
    public Reading read() {
        LibxlObject object = LibxlObject.root(root, source);
        DomainConfig config = LibxlReader.domain(object);
        return new Reading(config, object.unread());
    }

    /** {@return the JSON, indented as libxl's, with a newline at the end} */
    public String text() {
        return printed(root);
    }

    /** libxl's writer has an empty line inside an empty object or list, which is at the end of its line. */
    private static String printed(JsonElement json) {
        StringBuilder text = new StringBuilder();
        for (String line : PRETTY.toJson(json).split("\n")) {
            int end = line.length() - (line.endsWith(",") ? 1 : 0);
            if (line.startsWith("{}", end - 2) || line.startsWith("[]", end - 2)) {
                text.append(line, 0, end - 1).append("\n\n").append(line, 0, indentOf(line));
                text.append(line, end - 1, line.length());
            } else {
                text.append(line);
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static int indentOf(String line) {
        int indent = 0;
        while (line.charAt(indent) == ' ') {
            indent++;
        }
        return indent;
    }

    /**
     * {@return the listing that {@code xl list -l} prints}
     *
     * @param configs the configuration of each domain, by domid
     */
    public static String listing(Map<Integer, LibxlConfig> configs) {
        JsonArray list = new JsonArray();
        configs.forEach((domid, config) -> {
            JsonObject entry = new JsonObject();
            entry.addProperty("domid", domid);
            entry.add("config", config.root);
            list.add(entry);
        });
        return printed(list);
    }

    /**
     * {@return the same configuration with a disk, in the place of one of that name}
     *
     * @param disk the disk
     */
    public LibxlConfig withDisk(DiskConfig disk) {
        return with(DISKS, isDisk(disk.vdev()), Optional.of(LibxlDevices.disk(disk)));
    }

    /**
     * {@return the same configuration without a disk}
     *
     * @param vdev the guest's name of the disk
     */
    public LibxlConfig withoutDisk(VirtualDisk vdev) {
        return with(DISKS, isDisk(vdev), Optional.empty());
    }

    /**
     * {@return the same configuration with another medium in a CD-ROM drive}
     *
     * @param vdev the guest's name of the drive
     * @param image path of the medium; empty for an empty drive
     */
    public LibxlConfig withMedium(VirtualDisk vdev, Optional<String> image) {
        return elements(DISKS).stream()
                .filter(isDisk(vdev))
                .map(element -> LibxlDevices.changed(element.getAsJsonObject(), image))
                .findFirst()
                .map(drive -> with(DISKS, isDisk(vdev), Optional.of(drive)))
                .orElse(this);
    }

    /**
     * {@return the same configuration with a network card, in the place of one with that number}
     *
     * @param devid the card's number, from 0
     * @param nic the card
     * @param guest the kind of guest
     */
    public LibxlConfig withNic(int devid, NicConfig nic, DomainType guest) {
        return with(NICS, isNic(devid), Optional.of(LibxlDevices.nic(devid, nic, guest)));
    }

    /**
     * {@return the same configuration without a network card}
     *
     * @param devid the card's number, from 0
     */
    public LibxlConfig withoutNic(int devid) {
        return with(NICS, isNic(devid), Optional.empty());
    }

    /**
     * {@return the same configuration with or without a PCI device of the host}
     *
     * @param address address of the device in the host, such as {@code 0000:00:1f.2}
     * @param device the device in the place of the one with that address; empty to remove it
     */
    public LibxlConfig withPciDevice(String address, Optional<OtherDevice> device) {
        return with(
                LibxlOtherDevices.PCI_DEVICES,
                element -> LibxlOtherDevices.isPciDevice(element, address),
                device.map(LibxlOtherDevices::write));
    }

    /**
     * {@return the same configuration with other USB controllers and devices of the host}
     *
     * @param usb all that it has then, controllers in the order of their numbers
     */
    public LibxlConfig withUsbDevices(List<OtherDevice> usb) {
        JsonObject changed = root.deepCopy();
        LibxlOtherDevices.replaceUsb(changed, usb);
        return new LibxlConfig(changed, source);
    }

    /**
     * {@return the same configuration with these paravirtual keyboards instead of its own} The keyboard of a screen stays.
     *
     * @param keyboards of the kind {@link OtherDevice.Kind#KEYBOARD}
     */
    public LibxlConfig withKeyboards(List<OtherDevice> keyboards) {
        JsonObject changed = root.deepCopy();
        LibxlOtherDevices.replaceKeyboards(changed, keyboards);
        return new LibxlConfig(changed, source);
    }

    /**
     * {@return the same configuration without the disks and network cards that the domain does not have any more} libxl
     * leaves a detached device in the file, and its readers drop it.
     *
     * @param disks whether the domain has a disk
     * @param nics whether the domain has the network card with a number
     */
    public LibxlConfig withDevices(Predicate<VirtualDisk> disks, Predicate<Integer> nics) {
        LibxlConfig changed = this;
        for (JsonElement element : elements(DISKS)) {
            Optional<VirtualDisk> gone = LibxlDevices.vdev(element).filter(vdev -> !disks.test(vdev));
            changed = gone.isPresent() ? changed.withoutDisk(gone.get()) : changed;
        }
        for (JsonElement element : elements(NICS)) {
            Optional<Integer> gone = LibxlDevices.devid(element).filter(devid -> !nics.test(devid));
            changed = gone.isPresent() ? changed.withoutNic(gone.get()) : changed;
        }
        return changed;
    }

    /**
     * {@return the same configuration with the values that only Xen and xenstore have}
     *
     * @param values the domain's values now
     */
    public LibxlConfig withPresent(Present values) {
        JsonObject changed = root.deepCopy();
        JsonObject create = section(changed, "c_info");
        create.addProperty("name", values.name());
        create.addProperty("uuid", values.uuid().toString());
        JsonObject build = section(changed, "b_info");
        values.memory().ifPresent(memory -> build.addProperty("target_memkb", memory.value()));
        values.maxMemory().ifPresent(memory -> build.addProperty("max_memkb", memory.value()));
        values.vcpus().ifPresent(count -> {
            JsonArray online = new JsonArray();
            IntStream.range(0, count).forEach(online::add);
            build.add("avail_vcpus", online);
        });
        JsonObject scheduling = section(build, "sched_params");
        values.scheduler().ifPresent(scheduler -> scheduling.addProperty("sched", scheduler.word()));
        values.share().ifPresent(share -> {
            scheduling.addProperty("weight", share.weight());
            scheduling.addProperty("cap", share.cap());
        });
        return new LibxlConfig(changed, source);
    }

    /**
     * {@return the text that {@code xl -N create} prints: as {@link #text}, but without a wish for a domid, and with the
     * number of vCPUs also if it is 1}
     */
    public String dryRunText() {
        JsonObject printed = root.deepCopy();
        section(printed, "c_info").remove("domid");
        JsonArray online = new JsonArray();
        online.add(0);
        JsonObject build = new JsonObject();
        build.addProperty("max_vcpus", 1);
        build.add("avail_vcpus", online);
        section(printed, "b_info").asMap().forEach(build::add);
        printed.add("b_info", build);
        return printed(printed);
    }

    private static JsonObject section(JsonObject parent, String name) {
        if (parent.get(name) instanceof JsonObject there) {
            return there;
        }
        JsonObject section = new JsonObject();
        parent.add(name, section);
        return section;
    }

    private static Predicate<JsonElement> isDisk(VirtualDisk vdev) {
        return element -> LibxlDevices.vdev(element)
                .filter(other -> other.number() == vdev.number())
                .isPresent();
    }

    private static Predicate<JsonElement> isNic(int devid) {
        return element ->
                LibxlDevices.devid(element).filter(other -> other == devid).isPresent();
    }

    private List<JsonElement> elements(String list) {
        return root.get(list) instanceof JsonArray array ? array.asList() : List.of();
    }

    /** The list without the elements that match, and with another one in the place of the first of them. */
    private LibxlConfig with(String list, Predicate<JsonElement> replaced, Optional<JsonObject> instead) {
        JsonArray after = new JsonArray();
        Optional<JsonObject> left = instead;
        for (JsonElement element : elements(list)) {
            if (!replaced.test(element)) {
                after.add(element.deepCopy());
            } else if (left.isPresent()) {
                after.add(left.get());
                left = Optional.empty();
            }
        }
        left.ifPresent(after::add);
        JsonObject changed = root.deepCopy();
        if (after.isEmpty()) {
            changed.remove(list);
        } else {
            changed.add(list, after);
        }
        return new LibxlConfig(changed, source);
    }

    /** {@return the domid that the domain is to have ({@code xl migrate -D}); empty for any} */
    public OptionalInt domid() {
        return root.get("c_info") instanceof JsonObject create
                        && create.get("domid") instanceof JsonPrimitive number
                        && number.isNumber()
                        && number.getAsDouble() >= 1
                        && number.getAsDouble() < FIRST_RESERVED_DOMID
                ? OptionalInt.of(number.getAsInt())
                : OptionalInt.empty();
    }

    /** {@return the cap on the vCPUs in percent of a CPU; empty if the configuration has none} */
    public OptionalInt cap() {
        return root.get("b_info") instanceof JsonObject build
                        && build.get("sched_params") instanceof JsonObject scheduling
                        && scheduling.get("cap") instanceof JsonPrimitive number
                        && number.isNumber()
                ? OptionalInt.of(number.getAsInt())
                : OptionalInt.empty();
    }

    /**
     * {@return the same configuration with a cap on the vCPUs}
     *
     * @param cap percent of a CPU; 0 for no limit
     */
    public LibxlConfig withCap(int cap) {
        JsonObject changed = root.deepCopy();
        section(section(changed, "b_info"), "sched_params").addProperty("cap", cap);
        return new LibxlConfig(changed, source);
    }

    /**
     * {@return the same configuration with a wish for a domid}
     *
     * @param domid the domid; empty for any
     */
    public LibxlConfig withDomid(OptionalInt domid) {
        if (domid.equals(domid())) {
            return this;
        }
        JsonObject changed = root.deepCopy();
        section(changed, "c_info").addProperty("domid", domid.isPresent() ? domid.getAsInt() : LibxlWriter.ANY_DOMID);
        return new LibxlConfig(changed, source);
    }

    /** {@return the domain's name; empty if the configuration has none} */
    public Optional<String> name() {
        return root.get("c_info") instanceof JsonObject create
                        && create.get("name") instanceof JsonPrimitive name
                        && name.isString()
                ? Optional.of(name.getAsString())
                : Optional.empty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LibxlConfig config && root.equals(config.root);
    }

    @Override
    public int hashCode() {
        return root.hashCode();
    }

    /** Without the content, which may have a VNC password. */
    @Override
    public String toString() {
        return "LibxlConfig[" + source + "]";
    }
}
