// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Reads xl.cfg(5) files with xl's grammar, keys and defaults. The reader reports what xl drops silently: a key that the
 * library does not support is an error if the guest would differ without it, and a warning otherwise. {@code
 * docs/xl-cfg.md} lists the keys and the differences.
 */
public final class XlConfigReader {

    /**
     * A note about a file that describes a valid guest.
     *
     * @param file the file's name, as it was given
     * @param line line from 1; 0 for the whole file
     * @param message text of the warning
     */
    public record Warning(String file, int line, String message) {
        /** {@code file:line: message}. */
        @Override
        public String toString() {
            return file + (line == 0 ? "" : ":" + line) + ": " + message;
        }
    }

    /**
     * The content of a file.
     *
     * @param config the guest that the file describes
     * @param warnings warnings about the file, by line
     */
    public record Result(DomainConfig config, List<Warning> warnings) {
        /**
         * Copies the list, so that the record is immutable.
         *
         * @param config the guest that the file describes
         * @param warnings warnings about the file, by line
         */
        public Result {
            warnings = List.copyOf(warnings);
        }
    }

    private XlConfigReader() {}

    /**
     * Reads a file in UTF-8.
     *
     * @param file path of the file
     * @return the configuration and the warnings
     * @throws ConfigException if it cannot be read, or as {@link #parse} does
     */
    public static Result read(Path file) {
        return read(file, List.of());
    }

    /**
     * Reads a file in UTF-8, followed by lines that override it: {@code xl create}'s arguments {@code key=value}.
     * Messages number these lines after the file's last line.
     *
     * @param file path of the file
     * @param overrides lines such as {@code memory=512}
     * @return the configuration and what was found
     * @throws ConfigException as {@link #read(Path)} does
     */
    public static Result read(Path file, List<String> overrides) {
        try {
            String text = decode(Files.readAllBytes(file), file.toString());
            return parse(text + overrides.stream().map("\n"::concat).collect(Collectors.joining()), file.toString());
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": no such file", e);
        } catch (AccessDeniedException e) {
            throw new ConfigException(file + ": no permission to read it", e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Reads a text.
     *
     * @param source the text of an xl.cfg
     * @param fileName name of the text in messages
     * @return the configuration and what was found
     * @throws ConfigException if it does not describe a guest that can be built. Its message has one line for each
     *     error of the text, by line: {@code file:line: what}
     */
    public static Result parse(String source, String fileName) {
        XlDiagnostics diagnostics = new XlDiagnostics(fileName);
        Map<String, XlSetting> settings = XlParser.parse(source, diagnostics);
        DomainConfig config = new XlInterpreter(settings, diagnostics).domain().orElseThrow(diagnostics::exception);
        return new Result(config, diagnostics.warnings());
    }

    /**
     * Reads one disk, as {@code xl block-attach} does.
     *
     * @param specification of xl-disk-configuration(5), such as {@code /dev/vg/web,raw,xvda,w}
     * @return the disk
     * @throws ConfigException if the text specifies no disk, or one that is not supported
     */
    public static DiskConfig disk(String specification) {
        return XlDiskReader.read(specification);
    }

    /**
     * Reads one network card, as {@code xl network-attach} does.
     *
     * @param specification of xl-network-configuration(5), such as {@code bridge=xenbr0}
     * @return the network card
     * @throws ConfigException if the text specifies no network card, or one that is not supported
     */
    public static NicConfig nic(String specification) {
        return new XlNicSpec(OptionalInt.empty(), warning -> {}).parse(specification);
    }

    /**
     * Reads one PCI device of the host, as {@code xl pci-attach} does.
     *
     * @param specification of xl-pci-configuration(5), such as {@code 00:1f.2,permissive=1}
     * @param slot number of the device on the guest's bus, in hexadecimal; empty if the specification decides
     * @return the device
     * @throws ConfigException if the text specifies no PCI device
     */
    public static OtherDevice pciDevice(String specification, Optional<String> slot) {
        int options = specification.indexOf(',');
        String address = options < 0 ? specification : specification.substring(0, options);
        String place = slot.map(number -> "@" + number).orElse("");
        return XlOtherDevices.read(
                OtherDevice.Kind.PCI, address + place + specification.substring(address.length()), List.of());
    }

    /**
     * Reads one USB controller or USB device of the host, as {@code xl usbctrl-attach} and {@code xl usbdev-attach} do.
     *
     * @param kind one of {@link OtherDevice#USB}
     * @param specification an element of the key's list, such as {@code hostbus=1,hostaddr=3}
     * @return the controller or device
     * @throws ConfigException if the text specifies none
     */
    public static OtherDevice usb(OtherDevice.Kind kind, String specification) {
        return XlOtherDevices.read(kind, specification, List.of());
    }

    /**
     * Reads one paravirtual keyboard, as {@code xl vkb-attach} does.
     *
     * @param specification an element of {@code vkb}, such as {@code backend-type=qemu}
     * @return the keyboard
     * @throws ConfigException if the text specifies none
     */
    public static OtherDevice keyboard(String specification) {
        return XlOtherDevices.read(OtherDevice.Kind.KEYBOARD, specification, List.of());
    }

    /** Refuses malformed UTF-8: a replacement character would change a name or a path. */
    private static String decode(byte[] bytes, String fileName) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(in, out, true);
        out.flip();
        if (result.isError()) {
            long line = 1 + out.chars().filter(c -> c == '\n').count();
            throw new ConfigException(fileName + ":" + line + ": the file is not in UTF-8 here");
        }
        return out.toString();
    }
}
