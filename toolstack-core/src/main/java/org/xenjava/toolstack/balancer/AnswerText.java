// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.xenjava.toolstack.balance.MemoryAnswer;

/** Answers as text in xenstore. */
final class AnswerText {
    private static final String GRANTED = "granted";
    private static final String PROMISED = "promised ";
    private static final String REFUSED = "refused ";
    private static final Pattern PROMISE = Pattern.compile("\\d{1,15}( \\d{1,5}:\\d{1,15})*");

    /** A promise names the donors that give most. */
    private static final int MOST_DONORS = 8;

    private static final Pattern NUMBER = Pattern.compile("\\d{1,15}");

    private AnswerText() {}

    static String of(MemoryAnswer answer) {
        if (answer instanceof MemoryAnswer.Promised promised) {
            return PROMISED
                    + promised.within().toMillis()
                    + promised.donors().stream()
                            .sorted(Comparator.comparingLong(MemoryAnswer.Donation::pages)
                                    .reversed())
                            .limit(MOST_DONORS)
                            .map(donor -> " " + donor.domid() + ":" + donor.pages())
                            .collect(Collectors.joining());
        }
        return answer instanceof MemoryAnswer.Refused refused ? REFUSED + refused.reason() : GRANTED;
    }

    static Optional<MemoryAnswer> parse(String text) {
        if (text.equals(GRANTED)) {
            return Optional.of(new MemoryAnswer.Granted());
        }
        if (text.startsWith(REFUSED)) {
            return Optional.of(new MemoryAnswer.Refused(text.substring(REFUSED.length())));
        }
        return Optional.of(text)
                .filter(promise -> promise.startsWith(PROMISED))
                .map(promise -> promise.substring(PROMISED.length()))
                .filter(numbers -> PROMISE.matcher(numbers).matches())
                .map(AnswerText::promised);
    }

    private static MemoryAnswer promised(String numbers) {
        String[] words = numbers.split(" ");
        List<MemoryAnswer.Donation> donors = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            int colon = words[i].indexOf(':');
            donors.add(new MemoryAnswer.Donation(
                    Integer.parseInt(words[i].substring(0, colon)), Long.parseLong(words[i].substring(colon + 1))));
        }
        return new MemoryAnswer.Promised(Duration.ofMillis(Long.parseLong(words[0])), donors);
    }

    static Optional<Long> number(String text) {
        return Optional.of(text)
                .filter(digits -> NUMBER.matcher(digits).matches())
                .map(Long::parseLong);
    }
}
