// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.Optional;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.xl.XlKey.Guests;

/** Reports each key of a file that is not supported. */
final class XlKeyCheck {
    private final XlSettings settings;
    private final Optional<DomainType> type;

    XlKeyCheck(XlSettings settings, Optional<DomainType> type) {
        this.settings = settings;
        this.type = type;
    }

    void checkAll() {
        settings.all().forEach(setting -> XlKeys.find(setting.key())
                .ifPresentOrElse(key -> check(setting, key), () -> reportUnknown(setting)));
    }

    private void reportUnknown(XlSetting setting) {
        String key = setting.key();
        Optional<String> origin = XlLeftovers.origin(key);
        Optional<String> meant = KeySuggestions.closest(
                key, XlKeys.all().stream().map(XlKey::name).toList());
        if (origin.isPresent()) {
            warn(setting, "is ignored, as xl does: it is a key of " + origin.get());
        } else if (meant.isPresent()) {
            settings.complain(key, "'" + key + "' is no key of xl.cfg; did you mean '" + meant.get() + "'?");
        } else {
            warn(setting, "is ignored, as xl does: it is no key of xl.cfg");
        }
    }

    private void check(XlSetting setting, XlKey key) {
        boolean concerned = key.guests().include(type);
        switch (key.status()) {
            case IGNORED -> warn(setting, "is ignored: " + key.reason());
            case SUPPORTED, DESCRIBED -> {
                if (!concerned) {
                    warnOfOtherGuests(setting, key);
                }
            }
            case SUPPORTED_IN_HVM -> {
                if (Guests.NOT_HVM.include(type)) {
                    refuse(setting, key);
                }
            }
            case REFUSED -> {
                if (concerned) {
                    refuse(setting, key);
                } else {
                    warnOfOtherGuests(setting, key);
                }
            }
        }
    }

    private void refuse(XlSetting setting, XlKey key) {
        if (key.isHarmless(setting.value())) {
            return;
        }
        settings.complain(setting.key(), "'" + key.name() + "' is known but not supported yet: " + key.reason());
    }

    private void warnOfOtherGuests(XlSetting setting, XlKey key) {
        warn(
                setting,
                "is ignored, as xl does: it "
                        + switch (key.guests()) {
                            case ANY, HVM -> "concerns HVM guests";
                            case NOT_HVM -> "does not concern HVM guests";
                            case NOT_PVH -> "does not concern PVH guests";
                            case PVH -> "concerns PVH guests";
                            case PV -> "concerns PV guests";
                        });
    }

    private void warn(XlSetting setting, String message) {
        settings.warn(setting.key(), "'" + setting.key() + "' " + message);
    }
}
