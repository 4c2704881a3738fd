// Original file: proto/ldlm.proto


export interface Claim {
  'name'?: (string);
  'size'?: (number);
  'units'?: (number);
  '_size'?: "size";
  '_units'?: "units";
}

export interface Claim__Output {
  'name'?: (string);
  'size'?: (number);
  'units'?: (number);
}
