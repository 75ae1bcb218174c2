// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.PlatformConfig;
import org.xenjava.toolstack.config.PlatformConfig.GenerationId;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;

/**
 * Compares the guests that xl and this library make of the same files. {@code lab/xlcfg} runs it: xl's side is the JSON
 * that {@code xl -N create} prints, in NAME.json beside NAME.cfg, and no such file if xl refuses.
 */
final class XlComparison {
    private XlComparison() {}

    /** The outcome of one file, as a line. */
    static String outcome(Path file, Optional<String> theirs) {
        Optional<DomainConfig> ours;
        String refusal = "";
        try {
            ours = Optional.of(XlConfigReader.read(file).config());
        } catch (ConfigException e) {
            ours = Optional.empty();
            refusal = String.valueOf(e.getMessage())
                    .lines()
                    .findFirst()
                    .orElse("")
                    .replaceFirst("^.*?\\.cfg:", "");
        }
        if (theirs.isEmpty()) {
            return ours.isPresent() ? "read here, refused by xl" : "refused by both";
        }
        if (ours.isEmpty()) {
            return "refused here:" + refusal;
        }
        try {
            LibxlConfig.Reading reading = LibxlConfig.parse(
                            theirs.get(), file.getFileName().toString())
                    .read();
            List<String> differences =
                    differences("", comparable(reading.config(), ours.get()), comparable(ours.get(), ours.get()));
            reading.ignored().forEach(member -> differences.add("xl has " + member));
            return differences.isEmpty() ? "equal" : String.join("; ", differences);
        } catch (ConfigException e) {
            return "xl's guest is unknown here: " + e.getMessage();
        }
    }

    /** Without what xl chooses at random or stores in another form. */
    private static DomainConfig comparable(DomainConfig config, DomainConfig ours) {
        DomainConfig.Builder builder = config.toBuilder()
                .nics(config.nics().stream().map(nic -> plain(nic, config)).toList());
        ours.uuid().ifPresentOrElse(uuid -> {}, () -> builder.uuid(new java.util.UUID(0, 0)));
        config.hvm().ifPresent(machine -> builder.hvm(decided(machine)));
        builder.placement(anywhere(
                        config.placement(),
                        ours.placement().hard(),
                        ours.placement().soft()))
                .describedKeys(known(config.describedKeys()));
        // xl 4.17 prints no address of a USB device.
        builder.otherDevices(config.otherDevices().stream()
                .map(device -> device.kind() == OtherDevice.Kind.USB_DEVICE
                        ? new OtherDevice(device.kind(), Map.of())
                        : device)
                .toList());
        return builder.build();
    }

    private static NicConfig plain(NicConfig nic, DomainConfig config) {
        return new NicConfig(
                nic.mac(),
                nic.bridge(),
                Optional.of(nic.typeIn(config.type())),
                nic.model(),
                nic.script(),
                nic.vifName(),
                nic.ip(),
                nic.gatewayDevice(),
                nic.mtu(),
                Optional.empty(),
                nic.trust(),
                nic.devid(),
                nic.backendDomain());
    }

    /** xl writes the numbers of its host's CPUs, up to a multiple of 8, where a file says "all". */
    private static CpuPlacement anywhere(CpuPlacement placement, List<CpuList> hard, List<CpuList> soft) {
        return new CpuPlacement(
                hard.isEmpty() && isWhole(placement.hard()) ? List.of() : placement.hard(),
                soft.isEmpty() && isWhole(placement.soft()) ? List.of() : placement.soft(),
                placement.weight(),
                placement.cap(),
                placement.pool());
    }

    private static boolean isWhole(List<CpuList> lists) {
        return lists.stream().allMatch(list -> list.toString().matches("0-(7|15|23|31)"));
    }

    /** xl 4.17 drops a strategy that has a policy behind it. */
    private static Map<DescribedKey, String> known(Map<DescribedKey, String> keys) {
        return keys.entrySet().stream()
                .filter(entry ->
                        entry.getKey() != DescribedKey.RDM || !entry.getValue().contains(","))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static HvmConfig decided(HvmConfig machine) {
        PlatformConfig platform = machine.platform();
        GenerationId id =
                platform.generation() instanceof GenerationId.None ? platform.generation() : new GenerationId.Random();
        return new HvmConfig(
                machine.firmware(),
                machine.boot(),
                machine.features(),
                machine.viridian(),
                machine.mmioHole(),
                machine.serial(),
                machine.usbDevices(),
                machine.graphics(),
                new PlatformConfig(platform.smbios(), id, platform.machineChecks(), platform.vendorDevice()),
                machine.peripherals());
    }

    /** The places in which two values differ, through records and lists. */
    static List<String> differences(String path, Object theirs, Object ours) {
        List<String> found = new ArrayList<>();
        if (Objects.equals(theirs, ours)) {
            return found;
        }
        if (theirs instanceof Optional<?> one
                && ours instanceof Optional<?> other
                && one.isPresent()
                && other.isPresent()) {
            return differences(path, one.get(), other.get());
        }
        if (theirs instanceof List<?> one && ours instanceof List<?> other && one.size() == other.size()) {
            for (int i = 0; i < one.size(); i++) {
                found.addAll(differences(path + "[" + i + "]", one.get(i), other.get(i)));
            }
            return found;
        }
        if (theirs instanceof Record && ours instanceof Record && theirs.getClass() == ours.getClass()) {
            for (RecordComponent component : theirs.getClass().getRecordComponents()) {
                String name = path.isEmpty() ? component.getName() : path + "." + component.getName();
                found.addAll(differences(name, value(component, theirs), value(component, ours)));
            }
            return found;
        }
        found.add(path + ": xl " + theirs + ", here " + ours);
        return found;
    }

    private static Object value(RecordComponent component, Object owner) {
        try {
            return component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Prints a line for each file and a summary.
     *
     * @param arguments a directory with NAME.cfg and, where xl reads them, NAME.json
     */
    public static void main(String[] arguments) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(Path.of(arguments[0]))) {
            files = all.filter(file -> file.toString().endsWith(".cfg"))
                    .sorted()
                    .toList();
        }
        int equal = 0;
        int readByXl = 0;
        int readHere = 0;
        for (Path file : files) {
            String name = file.getFileName().toString();
            Path json = file.resolveSibling(name.replaceFirst("\\.cfg$", ".json"));
            Optional<String> theirs = Files.exists(json) ? Optional.of(Files.readString(json)) : Optional.empty();
            String outcome = outcome(file, theirs);
            readByXl += theirs.isPresent() ? 1 : 0;
            readHere += outcome.startsWith("refused") ? 0 : 1;
            equal += outcome.equals("equal") ? 1 : 0;
            System.out.println(name + " | " + outcome);
        }
        System.out.println(
                files.size() + " files: xl reads " + readByXl + ", this library " + readHere + ", equal " + equal);
    }
}
