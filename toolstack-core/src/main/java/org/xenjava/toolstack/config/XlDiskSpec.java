// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.base.CharMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.DiskConfig.Backend;
import org.xenjava.toolstack.config.DiskConfig.Format;
import org.xenjava.toolstack.config.DiskConfig.Option;
import org.xenjava.toolstack.error.ConfigException;

/**
 * A disk in xl's words: the language of xl-disk-configuration(5) as libxlu's scanner takes it, with the forms of xm.
 *
 * <pre>{@code
 * spec       = { blanks parameter "," }           the last comma is optional
 * parameter  = "target=" all the rest | key "=" value | flag | old prefix ":" | positional
 * positional = target, format, vdev, access       each that is not there yet; format not behind an old prefix
 * }</pre>
 */
final class XlDiskSpec {
    private static final CharMatcher BLANK = CharMatcher.anyOf(" \t");
    private static final String TARGET = "target=";
    private static final String EMPTY = "empty";
    private static final Pattern FORMAT_PREFIX = Pattern.compile("(raw|qcow2?|vhd):");
    private static final Pattern SCRIPT_PREFIX = Pattern.compile("(iscsi|e?nbd|drbd):");
    private static final Pattern IDLE_PREFIX = Pattern.compile("(tapdisk|tap2?|aio|ioemu|file|phy):");
    private static final Pattern UNKNOWN_PREFIX = Pattern.compile("([a-z][a-z0-9]*):(?![a-z0-9])");

    private String rest;
    private Optional<String> target = Optional.empty();
    private Optional<String> format = Optional.empty();
    private Optional<String> vdev = Optional.empty();
    private Optional<String> script = Optional.empty();
    private Optional<String> backendType = Optional.empty();
    private Optional<String> backend = Optional.empty();
    private boolean hadOldPrefix;
    private boolean hadAccess;
    private boolean readOnly;
    private boolean cdrom;
    private boolean directIoSafe;
    private boolean untrusted;
    private Optional<Boolean> discard = Optional.empty();

    private XlDiskSpec(String text) {
        rest = text;
    }

    /** @throws ConfigException if the text is none of a disk, or of one that is not supported */
    static DiskConfig parse(String text) {
        if (CharMatcher.is('\n').matchesAnyOf(text)) {
            throw new ConfigException("it is of more than one line");
        }
        XlDiskSpec spec = new XlDiskSpec(text);
        spec.rest = BLANK.trimLeadingFrom(spec.rest);
        while (!spec.rest.isEmpty()) {
            spec.parameter();
            spec.rest = BLANK.trimLeadingFrom(spec.rest);
        }
        return spec.disk();
    }

    /** A text that reads as this disk, here and in xl. */
    static String write(DiskConfig disk) {
        List<String> parameters = new ArrayList<>(List.of(
                "vdev=" + disk.vdev(),
                "format=" + disk.format().word(),
                "access=" + disk.access().word(),
                "devtype=" + disk.device().word()));
        disk.backend().ifPresent(backend -> parameters.add("backendtype=" + backend.word()));
        disk.script().ifPresent(script -> parameters.add("script=" + script));
        parameters.add(disk.options().contains(Option.DISCARD) ? "discard" : "no-discard");
        if (disk.options().contains(Option.DIRECT_IO_SAFE)) {
            parameters.add("direct-io-safe");
        }
        if (disk.options().contains(Option.UNTRUSTED)) {
            parameters.add("untrusted");
        }
        disk.target().ifPresent(target -> parameters.add(TARGET + target + (target.endsWith(",") ? "," : "")));
        return String.join(",", parameters);
    }

    private void parameter() {
        if (rest.startsWith(TARGET)) {
            target = set("target", target, withoutComma(rest.substring(TARGET.length())));
            rest = "";
        } else if (!prefix()) {
            int comma = rest.indexOf(',');
            String field = comma < 0 ? rest : rest.substring(0, comma);
            rest = comma < 0 ? "" : rest.substring(comma + 1);
            int equals = field.indexOf('=');
            if (equals >= 0) {
                assign(field.substring(0, equals), field.substring(equals + 1));
            } else if (!flag(field)) {
                positional(field);
            }
        }
    }

    /** The forms of xm say with a prefix what the format is, or the script, or nothing that still matters. */
    private boolean prefix() {
        Optional<String> script = prefix(SCRIPT_PREFIX);
        Optional<String> format = prefix(FORMAT_PREFIX);
        format.ifPresent(this::setFormat);
        script.ifPresent(name -> this.script = set("script", this.script, "block-" + name));
        if (script.isPresent() || format.isPresent() || prefix(IDLE_PREFIX).isPresent()) {
            hadOldPrefix = true;
            return true;
        }
        prefix(UNKNOWN_PREFIX).ifPresent(name -> {
            throw new ConfigException("'" + name + ":' is no prefix of a disk");
        });
        return false;
    }

    private Optional<String> prefix(Pattern pattern) {
        Matcher matcher = pattern.matcher(rest);
        if (!matcher.lookingAt()) {
            return Optional.empty();
        }
        rest = rest.substring(matcher.end());
        return Optional.of(matcher.group(1));
    }

    private void assign(String key, String value) {
        switch (key) {
            case "format" -> setFormat(value);
            case "vdev" -> vdev = set(key, vdev, value);
            case "access" -> setAccess(value);
            case "devtype" -> setDevice(value);
            case "script" -> script = set(key, script, value);
            case "backend" -> backend = set(key, backend, value);
            case "backendtype" -> backendType = setOnce(key, backendType, value);
            case "specification" -> {
                if (!value.equals("xen")) {
                    throw unsupported("specification", value);
                }
            }
            case "colo-host", "colo-port", "colo-export", "active-disk", "hidden-disk" -> throw unsupported(key, value);
            default -> throw new ConfigException("'" + key + "' is no parameter of a disk");
        }
    }

    private boolean flag(String word) {
        switch (word) {
            case "cdrom" -> cdrom = true;
            case "direct-io-safe" -> directIoSafe = true;
            case "discard" -> discard = Optional.of(true);
            case "no-discard" -> discard = Optional.of(false);
            case "trusted" -> untrusted = false;
            case "untrusted" -> untrusted = true;
            case "colo" -> throw new ConfigException("colo is not supported");
            case "no-colo" -> {}
            default -> {
                return false;
            }
        }
        return true;
    }

    private void positional(String value) {
        if (target.isEmpty()) {
            target = Optional.of(value);
        } else if (!hadOldPrefix && format.isEmpty()) {
            if (!target.get().isEmpty() || !vdevAndDevice(value)) {
                setFormat(value);
            } else {
                format = Optional.of(EMPTY);
            }
        } else if (vdev.isEmpty()) {
            if (!vdevAndDevice(value)) {
                vdev = Optional.of(value);
            }
        } else if (!hadAccess) {
            hadAccess = true;
            setAccess(value);
        } else {
            throw new ConfigException("'" + value + "' is one positional parameter too many");
        }
    }

    /** xm's {@code hdc:cdrom}. */
    private boolean vdevAndDevice(String value) {
        int colon = value.lastIndexOf(':');
        if (colon < 0) {
            return false;
        }
        vdev = set("vdev", vdev, value.substring(0, colon));
        setDevice(value.substring(colon + 1));
        return true;
    }

    private void setFormat(String value) {
        format = setOnce(
                "format",
                format,
                switch (value) {
                    case "", "raw" -> Format.RAW.word();
                    case "qcow2", EMPTY -> value;
                    case "qcow", "vhd", "qed" ->
                        throw new ConfigException(
                                "format " + value + " is not supported: convert the image to qcow2 or raw");
                    default -> throw new ConfigException("'" + value + "' is no format of a disk");
                });
    }

    private void setAccess(String value) {
        readOnly = switch (value) {
            case "r", "ro" -> true;
            case "w", "rw", "" -> false;
            default -> throw new ConfigException("access is ro, r, rw or w, not '" + value + "'");
        };
    }

    private void setDevice(String value) {
        cdrom = switch (value) {
            case "cdrom" -> true;
            case "disk" -> false;
            default -> throw new ConfigException("devtype is cdrom or disk, not '" + value + "'");
        };
    }

    /** Whatever is set already must be empty, as in libxlu. */
    private static Optional<String> set(String what, Optional<String> before, String value) {
        if (before.filter(text -> !text.isEmpty()).isPresent()) {
            throw new ConfigException(what + " is given twice");
        }
        return Optional.of(value);
    }

    /** Whatever is set already must be the same, as in libxlu. */
    private static Optional<String> setOnce(String what, Optional<String> before, String value) {
        if (before.filter(text -> !text.equals(value)).isPresent()) {
            throw new ConfigException(what + " is given twice");
        }
        return Optional.of(value);
    }

    private DiskConfig disk() {
        DiskConfig.Builder disk =
                DiskConfig.builder(vdev.orElseThrow(() -> new ConfigException("no vdev is given, such as xvda")));
        target.filter(text -> !text.isEmpty()).ifPresent(disk::target);
        boolean emptyDrive = cdrom && target.filter(text -> !text.isEmpty()).isEmpty();
        if (!emptyDrive) {
            disk.format(format());
        }
        backend().ifPresent(disk::backend);
        script.filter(text -> !text.isEmpty()).ifPresent(disk::script);
        if (cdrom) {
            disk.cdrom();
        } else if (readOnly) {
            disk.readOnly();
        }
        if (directIoSafe) {
            disk.directIoSafe();
        }
        if (untrusted) {
            disk.untrusted();
        }
        discard.ifPresent(yes -> {
            if (yes) {
                disk.discard();
            } else {
                disk.noDiscard();
            }
        });
        return disk.build();
    }

    private Format format() {
        if (format.equals(Optional.of(EMPTY))) {
            throw new ConfigException("only a CD-ROM drive without a target is empty");
        }
        return format.equals(Optional.of(Format.QCOW2.word())) ? Format.QCOW2 : Format.RAW;
    }

    private Optional<Backend> backend() {
        backend.filter(name -> !name.isEmpty() && !name.equals("0") && !name.equals("Domain-0"))
                .ifPresent(name -> {
                    throw new ConfigException("backend " + name + " is not supported: disks are served by domain 0");
                });
        return backendType.map(word -> switch (word) {
            case "phy" -> Backend.PHY;
            case "qdisk" -> Backend.QDISK;
            case "tap", "standalone" -> throw unsupported("backendtype", word);
            default -> throw new ConfigException("backendtype is phy or qdisk, not '" + word + "'");
        });
    }

    private static String withoutComma(String text) {
        return text.endsWith(",") ? text.substring(0, text.length() - 1) : text;
    }

    private static ConfigException unsupported(String what, String value) {
        return new ConfigException(what + " " + value + " is not supported");
    }
}
