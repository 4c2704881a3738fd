/** Has a failed comparison tell all that it compared: chai alone cuts whatever is longer than 40 characters, also the one fault found. */
import { config } from 'chai';

config.truncateThreshold = 0;
